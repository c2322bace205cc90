/* A follower's decisions: what is newer, what is news, when SCM may be asked. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/follow_offer.h"
#include "agent/follow_scm.h"
#include "base/clock.h"
#include "state_scene.h"

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)
#define MINE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char name_www[] = "www";
static char newest[] = "000002";

/* ---- what is newer --------------------------------------------------------------------------- */

static const struct {
	const char *fingerprint;
	int64_t later; /* seconds after the newest one */
	bool known;
	bool useless;
	enum follow_result rank;
} ranks[] = {
	{ MINE, 0, false, false, FOLLOW_SAME },
	{ MINE, 0, true, true, FOLLOW_SAME },
	{ OTHER, 90 * DAY, false, false, FOLLOW_TAKEN },
	{ OTHER, 0, false, false, FOLLOW_TAKEN },     /* reissued on the same day */
	{ OTHER, -HOUR, false, false, FOLLOW_TAKEN }, /* by a CA that dates back */
	{ OTHER, -FOLLOW_BACKDATED, false, false, FOLLOW_TAKEN },
	{ OTHER, -FOLLOW_BACKDATED - 1, false, false, FOLLOW_OLDER },
	{ OTHER, 0, true, false, FOLLOW_OLDER }, /* put back */
	{ OTHER, DAY, true, false, FOLLOW_OLDER },
	{ OTHER, -90 * DAY, false, true, FOLLOW_TAKEN }, /* better than a revoked one */
	{ OTHER, -90 * DAY, true, true, FOLLOW_OLDER },
};

static void test_rank(void **state)
{
	AUTO(record) struct record meta = { 0 };
	struct err err = { 0 };
	const int64_t start = 1800000000;

	(void)state;
	assert_true(record_set(&meta, "fingerprint", MINE, &err));
	assert_true(record_set_int(&meta, "not_before", start, &err));
	for (size_t i = 0; i < ARRAY_LEN(ranks); i++) {
		struct csr_info info = { .not_before = start + ranks[i].later };

		snprintf(info.fingerprint, sizeof(info.fingerprint), "%s", ranks[i].fingerprint);
		if (follow_rank(&info, &meta, ranks[i].known, ranks[i].useless) != ranks[i].rank)
			fail_msg("row %zu", i);
	}
}

/* ---- what is news ---------------------------------------------------------------------------- */

struct scene {
	struct conf_account account;
	struct conf_cert cert;
	struct run run;
	struct job job;
	struct follow_look look;
};

static void open_scene(struct scene *s)
{
	*s = (struct scene) { .account = { .api = CONF_ADMIN }, .cert = { .name = name_www } };
	memcpy(s->cert.digest, OTHER, sizeof(s->cert.digest));
	s->cert.account = &s->account;
	s->job = (struct job) { .cert = &s->cert, .run = &s->run, .sit = { .newest = newest } };
	s->look = (struct follow_look) { .job = &s->job };
	memcpy(s->look.file.digest, MINE, sizeof(s->look.file.digest));
}

static struct follow_note settled(void)
{
	return (struct follow_note) {
		.file = MINE, .config = OTHER, .newest = "000002", .settled = true
	};
}

static void test_news(void **state)
{
	struct follow_note n = settled();
	struct scene s;

	(void)state;
	open_scene(&s);
	assert_false(follow_is_news(&s.job, &n, MINE));
	assert_true(follow_is_news(&s.job, &n, OTHER));
	n.settled = false;
	assert_true(follow_is_news(&s.job, &n, MINE));
	n = settled();
	n.config[0] = 'c';
	assert_true(follow_is_news(&s.job, &n, MINE));
	n = settled();
	snprintf(n.newest, sizeof(n.newest), "000001");
	assert_true(follow_is_news(&s.job, &n, MINE));
	n = (struct follow_note) { 0 };
	assert_true(follow_is_news(&s.job, &n, MINE));
}

static void test_note_is_kept(void **state)
{
	struct state_scene *s = *state;
	struct follow_note n = settled();
	struct follow_note out;
	struct err err = { 0 };

	follow_note_read(&out, s->store, "www");
	assert_int_equal(out.asked, 0);
	assert_false(out.settled);
	assert_string_equal(out.file, "");
	n.asked = 12345;
	snprintf(n.trouble, sizeof(n.trouble), "wrong password");
	assert_true(follow_note_write(&n, s->store, "www", &err));
	follow_note_read(&out, s->store, "www");
	assert_true(follow_note_same(&n, &out));
	follow_note_read(&out, s->store, "other");
	assert_false(follow_note_same(&n, &out));
	/* what can't be read is found out again */
	assert_true(fs_write(s->store->cache, "follow-www", "x", 1, FS_ATTR(0600), &err));
	follow_note_read(&out, s->store, "www");
	assert_false(out.settled);
}

/* ---- when SCM may be asked ------------------------------------------------------------------- */

static void set_life(struct scene *s, int64_t begin, int64_t end)
{
	struct err err = { 0 };
	struct evidence *meta = &s->job.sit.live_meta;

	record_dispose(&meta->r);
	assert_true(record_set_int(&meta->r, "not_before", begin, &err));
	assert_true(record_set_int(&meta->r, "not_after", end, &err));
	meta->found = true;
}

static void test_asking(void **state)
{
	int64_t now = clock_now();
	struct scene s;

	(void)state;
	open_scene(&s);
	s.look.note = settled();
	s.look.note.asked = now - HOUR;
	set_life(&s, now - 60 * DAY, now + 30 * DAY);
	assert_false(follow_may_ask(&s.look, false));
	assert_true(follow_may_ask(&s.look, true));
	s.run.named = true;
	assert_true(follow_may_ask(&s.look, false));
	s.job.asked_scm = true;
	assert_false(follow_may_ask(&s.look, true));
	s.job.asked_scm = s.run.named = false;
	s.look.note.asked = now - 6 * HOUR;
	assert_true(follow_may_ask(&s.look, false));
	s.look.note.asked = now + DAY; /* a clock that was wrong then */
	assert_true(follow_may_ask(&s.look, false));
	s.look.note.asked = now - HOUR;
	set_life(&s, now - 85 * DAY, now + 5 * DAY);
	assert_true(follow_may_ask(&s.look, false));
	s.look.note.asked = now - HOUR / 4;
	assert_false(follow_may_ask(&s.look, false));
	snprintf(s.look.file.digest, sizeof(s.look.file.digest), "%s", OTHER);
	assert_true(follow_may_ask(&s.look, false));
	s.account.api = CONF_ENROLLMENT;
	assert_false(follow_may_ask(&s.look, false));
	s.cert.account = NULL;
	assert_false(follow_may_ask(&s.look, true));
	record_dispose(&s.job.sit.live_meta.r);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void write_file(struct state_scene *s, char path[static 128], const char *text, mode_t mode)
{
	struct err err = { 0 };

	assert_true(fs_write(s->dir->fd, "file", text, strlen(text), FS_ATTR(mode), &err));
	tempdir_path(path, s->dir, "file");
}

static void test_file_is_private(void **state)
{
	AUTO(follow_file) struct follow_file file = { 0 };
	char path[128];
	struct conf_follow f = { .path = path };
	struct err err = { 0 };

	write_file(*state, path, "x", 0644);
	assert_false(follow_file_read(&file, &f, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	write_file(*state, path, "x", 0600);
	assert_true(follow_file_read(&file, &f, &err));
	assert_int_equal(strlen(file.digest), 64);
	f.path = name_www;
	assert_false(follow_file_read(&file, &f, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
}

static const struct {
	const char *text;
	const char *says;
} forms[] = {
	{ "", "is empty" },
	{ "0 text that begins like DER\n", "in PEM form" },
	{ "0\x82\x04", "PKCS" },
	{ "\xfe\xed\xfe\xed\x01", "key store" },
	{ "\xce\xce\xce\xce\x01", "key store" },
};

/* What it is, is seen from its content; what is cut is an error of a key store. */
static void test_forms(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(follow_file) struct follow_file file = { 0 };
		AUTO(ks_credential) struct ks_credential c = { 0 };
		char path[128];
		struct conf_follow f = { .path = path };
		struct err err = { 0 };

		write_file(*state, path, forms[i].text, 0600);
		assert_true(follow_file_read(&file, &f, &err));
		assert_false(follow_file_open(&c, &file, &f, &err));
		assert_int_equal(err.kind, ERR_KEYSTORE);
		if (!strstr(err.text, forms[i].says) || !strstr(err.text, path))
			fail_msg("'%s' does not say '%s'", err.text, forms[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rank),
		cmocka_unit_test(test_news),
		cmocka_unit_test(test_asking),
		cmocka_unit_test_setup_teardown(
			test_note_is_kept, state_scene_setup, state_scene_teardown),
		cmocka_unit_test_setup_teardown(
			test_file_is_private, state_scene_setup, state_scene_teardown),
		cmocka_unit_test_setup_teardown(
			test_forms, state_scene_setup, state_scene_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
