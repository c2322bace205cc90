/* When client certificates end: what is remembered of it, and who is told when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/candidate.h"
#include "agent/expiry.h"
#include "base/clock.h"
#include "state_scene.h"

#define DAY INT64_C(86400)

struct scene {
	struct state_scene state; /* first */
	struct conf conf;
	struct conf_account account;
	struct conf_cert cert;
	struct run run;
	char path[128];
};

static char text_a[] = "a";
static char text_login[] = "login";

static void put(struct scene *s, const char *text)
{
	struct err err = { 0 };

	assert_true(
		fs_write(s->state.dir->fd, "client.pem", text, strlen(text), FS_ATTR(0600), &err));
}

static int setup(void **state)
{
	int status = state_scene_make(state, sizeof(struct scene));
	struct scene *s = *state;

	if (status)
		return status;
	tempdir_path(s->path, s->state.dir, "client.pem");
	put(s, "one");
	s->cert = (struct conf_cert) { .name = text_login };
	s->account = (struct conf_account) { .name = text_a,
		.auth = CONF_CLIENT_CERT,
		.url = text_a,
		.login = text_a,
		.store = s->path };
	s->conf = (struct conf) {
		.account = &s->account, .accounts = 1, .cert = &s->cert, .certs = 1
	};
	s->run = (struct run) { .conf = &s->conf, .store = s->state.store };
	return 0;
}

static void note(struct scene *s, int64_t not_after, const char *serial)
{
	struct err err = { 0 };

	assert_true(expiry_note(s->state.store, &s->account, not_after, serial, &err));
}

static bool get(struct expiry *e, struct scene *s)
{
	*e = (struct expiry) { 0 };
	return expiry_of(e, s->state.store, &s->account);
}

/* The newest generation; `refused`: as SCM said, or NULL. */
static void add_generation(struct scene *s, const char *id, const char *serial, int64_t not_before,
	const char *refused)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&archive, s->state.store, text_login, true, &err));
	assert_true(fs_make_dir(&dir, archive, id, FS_ATTR(0755), &err));
	assert_true(record_set(&meta, "serial", serial, &err));
	assert_true(record_set_int(&meta, "not_before", not_before, &err));
	assert_true(record_write(&meta, dir, FILE_META, FS_ATTR(0644), &err));
	if (!refused)
		return;
	assert_true(record_set(&r, "kind", "pending", &err));
	assert_true(record_set(&r, "account", text_a, &err));
	assert_true(record_set(&r, "message", refused, &err));
	assert_true(record_write(&r, dir, FILE_UNACCEPTED, FS_ATTR(0600), &err));
}

static void remembers_one_file_as_it_is(void **state)
{
	struct scene *s = *state;
	struct expiry e;

	assert_false(get(&e, s));
	note(s, 0, "");
	assert_false(get(&e, s));
	note(s, 1000, "3A0F");
	assert_true(get(&e, s));
	assert_int_equal(e.not_after, 1000);
	assert_string_equal(e.serial, "3A0F");
	put(s, "two");
	assert_false(get(&e, s));
	note(s, 2000, "4B");
	assert_true(get(&e, s));
	assert_int_equal(e.not_after, 2000);
	s->account.auth = CONF_PASSWORD;
	assert_false(get(&e, s));
}

/* Commands that only look have no state directory to write to. */
static void makes_nothing(void **state)
{
	struct scene *s = *state;
	AUTO(store) struct store *none = NULL;
	struct err err = { 0 };
	char path[128];

	tempdir_path(path, s->state.dir, "none");
	assert_true(store_open_existing(&none, path, &err));
	assert_true(expiry_note(none, &s->account, 1000, "3A", &err));
	assert_false(fs_exists(s->state.dir->fd, "none"));
}

static void warns_once_a_day(void **state)
{
	struct scene *s = *state;
	int64_t now = clock_now();
	struct expiry e;

	expiry_warn(&s->run);
	assert_false(get(&e, s));
	note(s, now + EXPIRY_SOON + DAY, "3A");
	expiry_warn(&s->run);
	assert_true(get(&e, s));
	assert_int_equal(e.warned, 0);
	note(s, now + EXPIRY_SOON - DAY, "3A");
	expiry_warn(&s->run);
	assert_true(get(&e, s));
	assert_true(e.warned >= now);
	/* to be loaded again changes nothing */
	note(s, now + EXPIRY_SOON - DAY, "3A");
	assert_true(get(&e, s));
	assert_true(e.warned >= now);
	/* another one is another story */
	note(s, now + DAY, "4B");
	assert_true(get(&e, s));
	assert_int_equal(e.warned, 0);
}

/* One that a run renews is left to it until the last tenth of its life; what it is not is told. */
static void leaves_renewals_alone(void **state)
{
	struct scene *s = *state;
	int64_t end = 47 * DAY;
	struct expiry e = { .not_after = end, .serial = "3A" };

	assert_int_equal(expiry_warning_time(&s->run, &s->account, &e), end - EXPIRY_SOON);
	s->account.store_cert = &s->cert;
	assert_int_equal(expiry_warning_time(&s->run, &s->account, &e), end - EXPIRY_SOON);
	add_generation(s, "000001", "3A", 0, NULL);
	assert_int_equal(expiry_warning_time(&s->run, &s->account, &e), end - end / 10);
	e.not_after = 900 * DAY;
	assert_int_equal(expiry_warning_time(&s->run, &s->account, &e), e.not_after - EXPIRY_SOON);
	/* the next one is there, and not in use */
	e.not_after = end;
	add_generation(s, "000002", "4B", 30 * DAY, NULL);
	assert_int_equal(expiry_warning_time(&s->run, &s->account, &e), end - EXPIRY_SOON);
}

static void assert_remedy(struct scene *s, const char *words)
{
	AUTO(buf) struct buf text = BUF(ERR_TEXT_MAX);

	expiry_remedy(&text, &s->run, &s->account);
	if (!strstr(buf_str(&text), words))
		fail_msg("'%s' is not in: %s", words, buf_str(&text));
}

static void says_what_to_do(void **state)
{
	struct scene *s = *state;

	assert_remedy(s, "renew it, and enter its serial number");
	s->account.store_cert = &s->cert;
	assert_remedy(s, "scm-agent run login");
	add_generation(s, "000001", "3A", 0, "enter 3A");
	assert_remedy(s, "enter 3A");
}

/* A candidate that was refused is not tried by a run, but by hand, or when it has lapsed. */
static void a_candidate_waits(void **state)
{
	struct scene *s = *state;
	AUTO(job) struct job job = { 0 };
	struct err err = { 0 };

	s->account.store_cert = &s->cert;
	job_init(&job, &s->cert, &s->run);
	add_generation(s, "000001", "3A", 0, NULL);
	assert_true(situation_read(&job.sit, s->state.store, text_login, &err));
	assert_false(candidate_waits(&job, &err));
	add_generation(s, "000002", "4B", 0, "enter 4B");
	situation_dispose(&job.sit);
	assert_true(situation_read(&job.sit, s->state.store, text_login, &err));
	assert_true(candidate_waits(&job, &err));
	assert_int_equal(err.kind, ERR_PENDING);
	assert_string_equal(err.text, "enter 4B");
	s->run.by_hand = true;
	assert_false(candidate_waits(&job, &err));
	s->run.by_hand = false;
	job.lapsed = true;
	assert_false(candidate_waits(&job, &err));
	job.lapsed = false;
	/* the account has another login by now */
	s->account.store_cert = NULL;
	assert_false(candidate_waits(&job, &err));
	s->conf.accounts = 0;
	assert_false(candidate_waits(&job, &err));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, state_scene_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(remembers_one_file_as_it_is),
		TEST(makes_nothing),
		TEST(warns_once_a_day),
		TEST(leaves_renewals_alone),
		TEST(says_what_to_do),
		TEST(a_candidate_waits),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
