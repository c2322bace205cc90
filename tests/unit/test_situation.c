/* The state of a certificate, from every set of files that can be found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/revocation.h"
#include "agent/situation.h"
#include "state_scene.h"

#define DIGEST "aaaa"

/* A record with one line, in a directory. */
static void write_record(int dir, const char *file, const char *key, const char *value)
{
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };

	assert_true(record_set(&r, key, value, &err));
	assert_true(record_write(&r, dir, file, FS_ATTR(0600), &err));
}

static void write_text(int dir, const char *file, const char *text)
{
	struct err err = { 0 };

	assert_true(fs_write(dir, file, text, strlen(text), FS_ATTR(0600), &err));
}

static int open_generation(struct state_scene *s, const char *name, const char *id)
{
	AUTO(fd) int archive = -1;
	struct err err = { 0 };
	int dir = -1;

	assert_true(store_open_archive(&archive, s->store, name, true, &err));
	assert_true(fs_make_dir(&dir, archive, id, FS_ATTR(0755), &err));
	return dir;
}

/* `deployed`: the digest in `deployed`, NULL for none. */
static void add_generation(
	struct state_scene *s, const char *name, const char *id, const char *deployed)
{
	AUTO(fd) int dir = open_generation(s, name, id);

	write_record(dir, FILE_META, "serial", id);
	if (deployed)
		write_record(dir, FILE_DEPLOYED, "digest", deployed);
}

static void make_live(struct state_scene *s, const char *name, const char *id)
{
	struct err err = { 0 };

	assert_true(store_switch(s->store, name, id, &err));
}

static void pin(struct state_scene *s, const char *name, const char *id, const char *newest)
{
	AUTO(fd) int dir = open_generation(s, name, id);

	write_record(dir, FILE_PINNED, "newest", newest);
}

/* Files of pending/NAME, separated by blanks; each is a record, whatever it is in life. */
static void add_pending(struct state_scene *s, const char *name, const char *files)
{
	AUTO(strlist) struct strlist file = { 0 };
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(strlist_split(&file, files, ' '));
	assert_true(store_open_pending(&dir, s->store, name, true, &err));
	for (size_t i = 0; i < file.n; i++)
		write_record(dir, file.item[i], "file", file.item[i]);
}

static void no_archive(struct state_scene *s, const char *name)
{
	(void)s;
	(void)name;
}

static void empty_archive(struct state_scene *s, const char *name)
{
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&dir, s->store, name, true, &err));
}

static void only_abandoned(struct state_scene *s, const char *name)
{
	AUTO(fd) int dir = open_generation(s, name, "abandoned-1");

	write_record(dir, FILE_INTENT, "tag", "x");
}

static void installed(struct state_scene *s, const char *name)
{
	add_generation(s, name, "000001", NULL);
}

static void switched(struct state_scene *s, const char *name)
{
	add_generation(s, name, "000001", NULL);
	make_live(s, name, "000001");
}

static void deployed(struct state_scene *s, const char *name)
{
	add_generation(s, name, "000001", DIGEST);
	make_live(s, name, "000001");
}

static void deployed_otherwise(struct state_scene *s, const char *name)
{
	add_generation(s, name, "000001", "bbbb");
	make_live(s, name, "000001");
}

static void not_linked(struct state_scene *s, const char *name)
{
	add_generation(s, name, "000001", DIGEST);
}

static void dangling(struct state_scene *s, const char *name)
{
	add_generation(s, name, "000002", DIGEST);
	make_live(s, name, "000001");
}

static void link_alone(struct state_scene *s, const char *name)
{
	make_live(s, name, "000001");
}

static void renewed(struct state_scene *s, const char *name)
{
	deployed(s, name);
	add_generation(s, name, "000002", NULL);
}

static void renewed_and_switched(struct state_scene *s, const char *name)
{
	renewed(s, name);
	make_live(s, name, "000002");
}

static void renewed_and_deployed(struct state_scene *s, const char *name)
{
	deployed(s, name);
	add_generation(s, name, "000002", DIGEST);
	make_live(s, name, "000002");
}

/* Put back after a deployment that failed, though it had succeeded before. */
static void put_back(struct state_scene *s, const char *name)
{
	renewed_and_deployed(s, name);
	make_live(s, name, "000001");
}

static void pinned(struct state_scene *s, const char *name)
{
	put_back(s, name);
	pin(s, name, "000001", "000002");
}

static void pinned_otherwise(struct state_scene *s, const char *name)
{
	deployed_otherwise(s, name);
	add_generation(s, name, "000002", DIGEST);
	pin(s, name, "000001", "000002");
}

/* A renewal since has ended the pin, even when it could not be deployed. */
static void pin_outlived(struct state_scene *s, const char *name)
{
	pinned(s, name);
	add_generation(s, name, "000003", NULL);
}

static void pin_of_another(struct state_scene *s, const char *name)
{
	renewed_and_deployed(s, name);
	pin(s, name, "000001", "000002");
}

static void pinned_to_the_newest(struct state_scene *s, const char *name)
{
	deployed_otherwise(s, name);
	pin(s, name, "000001", "000001");
}

static const struct {
	void (*make)(struct state_scene *s, const char *name);
	enum state state; /* when nothing is due */
} archives[] = {
	{ no_archive, STATE_DUE },
	{ empty_archive, STATE_DUE },
	{ only_abandoned, STATE_DUE },
	{ link_alone, STATE_DUE },
	{ installed, STATE_INSTALLED },
	{ switched, STATE_INSTALLED },
	{ deployed, STATE_CURRENT },
	{ deployed_otherwise, STATE_INSTALLED },
	{ not_linked, STATE_INSTALLED },
	{ dangling, STATE_INSTALLED },
	{ renewed, STATE_INSTALLED },
	{ renewed_and_switched, STATE_INSTALLED },
	{ renewed_and_deployed, STATE_CURRENT },
	{ put_back, STATE_INSTALLED },
	{ pinned, STATE_CURRENT },
	{ pinned_otherwise, STATE_CURRENT },
	{ pin_outlived, STATE_INSTALLED },
	{ pin_of_another, STATE_CURRENT },
	{ pinned_to_the_newest, STATE_CURRENT },
};

#define BY_ARCHIVE STATE_COUNT /* nothing is in work: the archive says */

static const struct {
	const char *files; /* NULL: no directory */
	enum state state;
} pendings[] = {
	{ NULL, BY_ARCHIVE },
	{ "", BY_ARCHIVE },
	{ "retry", BY_ARCHIVE },
	{ "intent", STATE_DUE },
	{ "intent retry", STATE_DUE },
	{ "intent privkey.pem", STATE_KEYED },
	{ "intent key-uri", STATE_KEYED },
	{ "intent privkey.pem retry", STATE_KEYED },
	{ "intent privkey.pem request.pem", STATE_REQUESTED },
	{ "intent key-uri request.pem", STATE_REQUESTED },
	{ "intent privkey.pem request.pem retry", STATE_REQUESTED },
	{ "intent privkey.pem request.pem held", STATE_HELD },
	{ "intent privkey.pem request.pem submitting", STATE_SUBMITTING },
	{ "intent privkey.pem request.pem submitting retry", STATE_SUBMITTING },
	{ "intent privkey.pem request.pem submitting held", STATE_HELD },
	{ "intent privkey.pem request.pem submitting order", STATE_ORDERED },
	{ "intent key-uri request.pem submitting order retry", STATE_ORDERED },
	{ "intent privkey.pem request.pem submitting order held", STATE_HELD },
	/* the parts of a chain, as a crash between them leaves them: chain.pem is the evidence */
	{ "intent privkey.pem request.pem submitting order cert.pem", STATE_ORDERED },
	{ "intent privkey.pem request.pem submitting order cert.pem fullchain.pem", STATE_ORDERED },
	{ "intent privkey.pem request.pem submitting order cert.pem fullchain.pem chain.pem",
		STATE_ISSUED },
	{ "intent key-uri request.pem submitting order cert.pem fullchain.pem chain.pem retry",
		STATE_ISSUED },
	/* an installation that was cut off */
	{ "intent privkey.pem request.pem submitting order cert.pem fullchain.pem chain.pem meta "
	  "nginx.conf",
		STATE_ISSUED },
	{ "intent privkey.pem request.pem submitting order chain.pem held", STATE_HELD },
};

static enum state state_of(struct state_scene *s, const char *name, bool due)
{
	AUTO(situation) struct situation sit = { 0 };
	struct err err = { 0 };

	if (!situation_read(&sit, s->store, name, &err))
		fail_msg("%s", err.text);
	return situation_state(&sit, due, DIGEST);
}

static enum state expected(size_t p, size_t a, bool due)
{
	if (pendings[p].state != BY_ARCHIVE)
		return pendings[p].state;
	return due ? STATE_DUE : archives[a].state;
}

static void check_state(struct state_scene *s, size_t p, size_t a, const char *name)
{
	for (int due = 0; due < 2; due++) {
		enum state is = state_of(s, name, due);
		enum state should = expected(p, a, due);

		if (is != should)
			fail_msg("pending %zu, archive %zu, due %d: %s, not %s", p, a, due,
				state_name(is), state_name(should));
	}
}

/* Every pending with every archive: both are made once, the first is moved to the second's name. */
static void has_one_state(void **state)
{
	struct state_scene *s = *state;
	char name[32];

	for (size_t a = 0; a < ARRAY_LEN(archives); a++) {
		snprintf(name, sizeof(name), "a%zu", a);
		archives[a].make(s, name);
	}
	for (size_t p = 0; p < ARRAY_LEN(pendings); p++) {
		int dir = s->store->pending;

		if (pendings[p].files)
			add_pending(s, "p", pendings[p].files);
		for (size_t a = 0; a < ARRAY_LEN(archives); a++) {
			snprintf(name, sizeof(name), "a%zu", a);
			if (pendings[p].files)
				assert_int_equal(renameat(dir, "p", dir, name), 0);
			check_state(s, p, a, name);
			if (pendings[p].files)
				assert_int_equal(renameat(dir, name, dir, "p"), 0);
		}
		if (pendings[p].files) {
			struct err err = { 0 };

			assert_true(fs_remove_tree(dir, "p", &err));
		}
	}
}

/* A crash never leaves these; going on with them could order twice, or for a key that is lost. */
static void refuses_what_lacks_its_origin(void **state)
{
	static const char *const rows[][2] = {
		{ "request.pem", "no intent" },
		{ "privkey.pem", "no intent" },
		{ "key-uri request.pem", "no intent" },
		{ "privkey.pem request.pem submitting", "no intent" },
		{ "submitting", "no intent" },
		{ "order", "no intent" },
		{ "chain.pem", "no intent" },
		{ "intent request.pem", "no key" },
		{ "intent request.pem submitting", "no key" },
		{ "intent order", "no key" },
		{ "intent chain.pem", "no key" },
	};
	struct state_scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(situation) struct situation sit = { 0 };
		struct err err = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "c%zu", i);
		add_pending(s, name, rows[i][0]);
		if (situation_read(&sit, s->store, name, &err))
			fail_msg("accepted: %s", rows[i][0]);
		assert_int_equal(err.kind, ERR_IO);
		if (!strstr(err.text, rows[i][1]) || !strstr(err.text, name))
			fail_msg("%s: %s", rows[i][0], err.text);
	}
}

static void reads_evidence(void **state)
{
	struct state_scene *s = *state;
	AUTO(situation) struct situation sit = { 0 };
	struct err err = { 0 };

	renewed(s, "www");
	add_pending(s, "www", "intent privkey.pem request.pem submitting order held retry");
	{
		AUTO(fd) int dir = open_generation(s, "www", "000002");

		write_record(dir, FILE_RETRY, "failures", "3");
	}
	assert_true(situation_read(&sit, s->store, "www", &err));
	assert_string_equal(sit.live, "000001");
	assert_string_equal(sit.newest, "000002");
	assert_string_equal(record_get(&sit.live_meta.r, "serial"), "000001");
	assert_string_equal(record_get(&sit.newest_meta.r, "serial"), "000002");
	assert_false(sit.deployed.found);
	assert_true(sit.deploy_retry.found);
	assert_int_equal(record_get_int(&sit.deploy_retry.r, "failures", 0), 3);
	assert_false(sit.pinned);
	assert_true(sit.pending && sit.key && sit.request);
	assert_false(sit.chain);
	assert_string_equal(record_get(&sit.intent.r, "file"), "intent");
	assert_string_equal(record_get(&sit.submitting.r, "file"), "submitting");
	assert_string_equal(record_get(&sit.order.r, "file"), "order");
	assert_string_equal(record_get(&sit.held.r, "file"), "held");
	assert_string_equal(record_get(&sit.retry.r, "file"), "retry");
}

static void reads_nothing(void **state)
{
	struct state_scene *s = *state;
	AUTO(situation) struct situation sit = { 0 };
	struct err err = { 0 };

	assert_true(situation_read(&sit, s->store, "www", &err));
	assert_null(sit.live);
	assert_null(sit.newest);
	assert_false(sit.pending || sit.key || sit.request || sit.chain || sit.pinned);
	assert_false(sit.live_meta.found || sit.newest_meta.found || sit.deployed.found);
	assert_false(situation_meta(&sit)->found);
	assert_false(fs_exists(s->store->archive, "www"));
	assert_false(fs_exists(s->store->pending, "www"));
}

static void tells_whose_age_counts(void **state)
{
	static const struct {
		void (*make)(struct state_scene *s, const char *name);
		const char *serial;
	} rows[] = { { renewed, "000002" }, { put_back, "000002" }, { pinned, "000001" },
		{ pin_outlived, "000003" }, { pin_of_another, "000002" }, { dangling, "000002" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(situation) struct situation sit = { 0 };
		struct err err = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "c%zu", i);
		rows[i].make(*state, name);
		assert_true(
			situation_read(&sit, ((struct state_scene *)*state)->store, name, &err));
		assert_string_equal(record_get(&situation_meta(&sit)->r, "serial"), rows[i].serial);
	}
}

/* A file that can't be read is no evidence of anything: nothing is done on its account. */
static void refuses_damage(void **state)
{
	static const struct {
		const char *file; /* in pending/NAME, or "GEN/FILE" */
		const char *text; /* NULL: the file is removed */
		const char *words;
	} rows[] = {
		{ "intent", "", "intent" },
		{ "submitting", "scm-agent=1\nattempt=1", "submitting" },
		{ "order", "scm-agent=2\nssl_id=1\n", "newer" },
		{ "held", "x", "held" },
		{ "retry", "scm-agent=1\nx\n", "retry" },
		{ "000001/meta", "", "meta" },
		{ "000001/meta", NULL, "generation 000001 has no meta" },
		{ "000002/meta", NULL, "generation 000002 has no meta" },
		{ "000002/deployed", "", "deployed" },
		{ "000002/retry", "", "retry" },
		{ "000001/pinned", "", "pinned" },
	};
	struct state_scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *slash = strchr(rows[i].file, '/');
		AUTO(situation) struct situation sit = { 0 };
		AUTO(fd) int dir = -1;
		struct err err = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "c%zu", i);
		renewed(s, name);
		add_pending(s, name, "intent privkey.pem request.pem submitting order");
		assert_int_equal(state_of(s, name, false), STATE_ORDERED);
		if (slash)
			dir = open_generation(s, name, slash[-1] == '1' ? "000001" : "000002");
		else
			assert_true(store_open_pending(&dir, s->store, name, false, &err));
		if (rows[i].text)
			write_text(dir, slash ? slash + 1 : rows[i].file, rows[i].text);
		else
			assert_true(fs_remove(dir, slash + 1, &err));
		if (situation_read(&sit, s->store, name, &err))
			fail_msg("accepted: %s", rows[i].file);
		assert_int_equal(err.kind, ERR_IO);
		if (!strstr(err.text, rows[i].words) || !strstr(err.text, name))
			fail_msg("%s: %s", rows[i].file, err.text);
		assert_null(sit.live);
	}
}

/* What is neither live nor newest may be half removed by a run that was killed. */
static void ignores_older_damage(void **state)
{
	struct state_scene *s = *state;

	add_generation(s, "www", "000002", DIGEST);
	make_live(s, "www", "000002");
	fs_close(open_generation(s, "www", "000001"));
	assert_int_equal(state_of(s, "www", false), STATE_CURRENT);
}

static void add_revoking(struct state_scene *s, const char *name, const char *refused)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&archive, s->store, name, true, &err));
	assert_true(record_set(&r, "generation", "000001", &err));
	assert_true(record_set(&r, "refused", refused, &err));
	assert_true(record_write(&r, archive, FILE_REVOKING, FS_ATTR(0600), &err));
}

/* What was decided comes first, whatever else is in work; a refusal stands in nobody's way. */
static void revokes_first(void **state)
{
	struct state_scene *s = *state;
	char name[32];

	for (size_t p = 0; p < ARRAY_LEN(pendings); p++) {
		enum state without;

		snprintf(name, sizeof(name), "c%zu", p);
		deployed(s, name);
		if (pendings[p].files)
			add_pending(s, name, pendings[p].files);
		without = state_of(s, name, false);
		add_revoking(s, name, NULL);
		assert_int_equal(state_of(s, name, false), STATE_REVOKING);
		assert_int_equal(state_of(s, name, true), STATE_REVOKING);
		add_revoking(s, name, "no privilege");
		assert_int_equal(state_of(s, name, false), without);
	}
}

static const char *loss_of(struct state_scene *s, const char *name)
{
	AUTO(situation) struct situation sit = { 0 };
	struct err err = { 0 };

	assert_true(situation_read(&sit, s->store, name, &err));
	return sit.lost;
}

/* The newest, unless another is pinned. */
static void tells_what_is_lost(void **state)
{
	struct state_scene *s = *state;
	struct err err = { 0 };

	renewed_and_deployed(s, "www");
	assert_null(loss_of(s, "www"));
	assert_true(revocation_note(s->store, "www", "000001", "us", &err));
	assert_null(loss_of(s, "www"));
	assert_true(revocation_note(s->store, "www", "000002", "scm", &err));
	assert_string_equal(loss_of(s, "www"), "revoked");
	pinned(s, "pin");
	assert_true(revocation_note(s->store, "pin", "000002", "us", &err));
	assert_null(loss_of(s, "pin"));
	assert_true(revocation_note(s->store, "pin", "000001", "us", &err));
	assert_string_equal(loss_of(s, "pin"), "revoked");
}

static void names_states(void **state)
{
	(void)state;
	for (int a = 0; a < STATE_COUNT; a++) {
		assert_true(*state_name((enum state)a) && *state_word((enum state)a));
		for (int b = 0; b < a; b++) {
			assert_string_not_equal(
				state_name((enum state)a), state_name((enum state)b));
			assert_string_not_equal(
				state_word((enum state)a), state_word((enum state)b));
		}
	}
	assert_string_equal(state_name(STATE_HELD), "HELD");
	assert_string_equal(state_word(STATE_HELD), "held");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, state_scene_setup, state_scene_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(has_one_state),
		TEST(refuses_what_lacks_its_origin),
		TEST(reads_evidence),
		TEST(reads_nothing),
		TEST(tells_whose_age_counts),
		TEST(refuses_damage),
		TEST(ignores_older_damage),
		TEST(revokes_first),
		TEST(tells_what_is_lost),
		cmocka_unit_test(names_states),
	};

	return cmocka_run_group_tests_name("situation", tests, NULL, NULL);
}
