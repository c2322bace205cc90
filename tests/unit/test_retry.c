/* Back-off between runs: which failures count, how long the pauses grow, and when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/retry.h"
#include "base/clock.h"
#include "tempdir.h"

#define DAY 86400
#define MOST 21600
#define MOST_URGENT 1800

/* A job of www in a store of its own. */
struct scene {
	struct tempdir *dir;
	struct store *store;
	struct conf_cert cert;
	struct run run;
	struct job job;
};

static char name_www[] = "www";

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	char path[128];

	if (!s || tempdir_setup((void **)&s->dir) ||
		!store_open(&s->store, tempdir_path(path, s->dir, "state"), &err))
		return -1;
	s->cert.name = name_www;
	s->run.store = s->store;
	s->job = (struct job) { .cert = &s->cert, .run = &s->run, .state = STATE_REQUESTED };
	err_set(&s->job.err, ERR_UNAVAILABLE, "POST /ssl/enroll: HTTP 503");
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	int status;

	situation_dispose(&s->job.sit);
	store_close(s->store);
	status = tempdir_teardown((void **)&s->dir);
	free(s);
	return status;
}

static void make_pending(struct scene *s)
{
	struct err err = { 0 };
	int dir = -1;

	assert_true(store_open_pending(&dir, s->store, "www", true, &err));
	fs_close(dir);
}

static void make_generation(struct scene *s)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&archive, s->store, "www", true, &err));
	assert_true(fs_make_dir(&dir, archive, "000001", FS_ATTR(0755), &err));
	assert_true(record_set(&meta, "serial", "01", &err));
	assert_true(record_write(&meta, dir, FILE_META, FS_ATTR(0644), &err));
}

static void look(struct scene *s)
{
	struct err err = { 0 };

	situation_dispose(&s->job.sit);
	assert_true(situation_read(&s->job.sit, s->store, "www", &err));
}

/* Notes the job's failure and gives what was written; the pause is not_before - time. */
static const struct record *note(struct scene *s)
{
	struct err err = { 0 };

	if (!retry_note(&s->job, &err))
		fail_msg("%s", err.text);
	look(s);
	return &s->job.sit.retry.r;
}

static int64_t pause_of(const struct record *r)
{
	return record_get_int(r, "not_before", -1) - record_get_int(r, "time", 0);
}

static void grows(void **state)
{
	static const int64_t calm[] = { 0, 0, 60, 240, 960, 3840, 15360, MOST, MOST, MOST };
	static const int64_t urgent[] = { 0, 0, 60, 240, 960, MOST_URGENT, MOST_URGENT };

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(calm); i++)
		assert_int_equal(retry_pause(i, false), calm[i]);
	for (unsigned i = 0; i < ARRAY_LEN(urgent); i++)
		assert_int_equal(retry_pause(i, true), urgent[i]);
	assert_int_equal(retry_pause(UINT32_MAX, false), MOST);
	assert_int_equal(retry_pause(UINT32_MAX, true), MOST_URGENT);
}

/* What waits at SCM by itself, what holds, and what is an account's are not noted here. */
static void notes_what_stands_in_the_way(void **state)
{
	static const bool noted[ERR_KIND_COUNT] = { [ERR_UNAVAILABLE] = true,
		[ERR_IO] = true,
		[ERR_DEPLOY] = true,
		[ERR_PROTOCOL] = true,
		[ERR_CONFIG] = true,
		[ERR_KEYSTORE] = true };
	struct scene *s = *state;

	make_pending(s);
	for (int kind = ERR_NONE + 1; kind < ERR_KIND_COUNT; kind++) {
		struct err err = { 0 };

		s->job.err.kind = (enum err_kind)kind;
		note(s);
		if (s->job.sit.retry.found != noted[kind])
			fail_msg("%s", err_name((enum err_kind)kind));
		if (noted[kind])
			assert_string_equal(record_get(&s->job.sit.retry.r, "kind"),
				err_name((enum err_kind)kind));
		/* a mistake of ours is tried again by each run */
		if (kind == ERR_CONFIG || kind == ERR_KEYSTORE)
			assert_true(record_get_int(&s->job.sit.retry.r, "not_before", 0) <=
				    clock_now());
		assert_true(fs_remove_tree(s->store->pending, "www", &err));
		make_pending(s);
		look(s);
	}
}

static void counts_failures(void **state)
{
	static const int64_t pauses[] = { 0, 60, 240, 960, 3840, 15360, MOST, MOST };
	struct scene *s = *state;
	int64_t now = clock_now();

	make_pending(s);
	for (unsigned i = 0; i < ARRAY_LEN(pauses); i++) {
		const struct record *r = note(s);

		assert_int_equal(record_get_int(r, "failures", 0), i + 1);
		assert_string_equal(record_get(r, "kind"), "unavailable");
		assert_string_equal(record_get(r, "message"), "POST /ssl/enroll: HTTP 503");
		assert_true(record_get_int(r, "time", 0) >= now);
		assert_in_range(pause_of(r), pauses[i] * 8 / 10, pauses[i] * 12 / 10);
	}
}

/* Hosts that failed together come back one by one. */
static void jitters(void **state)
{
	struct scene *s = *state;
	int64_t least = INT64_MAX;
	int64_t most = 0;

	make_pending(s);
	for (int i = 0; i < 7; i++)
		note(s);
	for (int i = 0; i < 60; i++) {
		int64_t pause = pause_of(note(s));

		assert_in_range(pause, MOST * 8 / 10, MOST * 12 / 10);
		least = pause < least ? pause : least;
		most = pause > most ? pause : most;
	}
	assert_true(most > least);
}

static void set_life(struct scene *s, int64_t not_before, int64_t not_after)
{
	struct err err = { 0 };

	record_dispose(&s->job.sit.live_meta.r);
	s->job.sit.live_meta = (struct evidence) { .found = true };
	assert_true(record_set_int(&s->job.sit.live_meta.r, "not_before", not_before, &err));
	assert_true(record_set_int(&s->job.sit.live_meta.r, "not_after", not_after, &err));
}

/* Less than a tenth of the life of what is served is left, or nothing. */
static void hurries_at_the_end(void **state)
{
	static const struct {
		int64_t from; /* relative to now */
		int64_t to;
		int64_t most;
	} rows[] = { { -80 * DAY, 20 * DAY, MOST }, { -95 * DAY, 5 * DAY, MOST_URGENT },
		{ -100 * DAY, -DAY, MOST_URGENT } };
	struct scene *s = *state;

	make_pending(s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t now = clock_now();

		for (int n = 0; n < 8; n++) {
			set_life(s, now + rows[i].from, now + rows[i].to);
			note(s);
		}
		assert_in_range(pause_of(&s->job.sit.retry.r), rows[i].most * 8 / 10,
			rows[i].most * 12 / 10);
	}
}

static void honours_retry_after(void **state)
{
	static const struct {
		uint32_t asked;
		int64_t least;
		int64_t most;
	} rows[] = { { 500, 500, 500 }, { 10, 48, 72 }, { 1000, 1000, 1000 }, { 86400, DAY, DAY },
		{ UINT32_MAX, DAY, DAY }, { 1, 3840 * 4 * 8 / 10, 18432 } };
	struct scene *s = *state;

	make_pending(s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		s->job.retry_after = rows[i].asked;
		assert_in_range(pause_of(note(s)), rows[i].least, rows[i].most);
	}
}

/* A failure before anything was begun has no place, and makes none. */
static void makes_no_place(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	s->job.state = STATE_DUE;
	assert_true(retry_note(&s->job, &err));
	assert_false(fs_exists(s->store->pending, "www"));
}

/* Nothing is in work, so there is nothing to come back to. */
static void forgets_what_is_not_due(void **state)
{
	struct scene *s = *state;

	make_pending(s);
	s->job.state = STATE_CURRENT;
	note(s);
	assert_false(s->job.sit.retry.found);
	s->job.state = STATE_DUE;
	note(s);
	assert_true(s->job.sit.retry.found);
}

/* A deployment's failures are counted beside its generation. */
static void keeps_deployments_apart(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	make_pending(s);
	make_generation(s);
	look(s);
	s->job.state = STATE_INSTALLED;
	err_set(&s->job.err, ERR_DEPLOY, "hook nginx: status 1");
	for (int i = 1; i <= 3; i++) {
		assert_true(retry_note(&s->job, &err));
		look(s);
		assert_int_equal(record_get_int(&s->job.sit.deploy_retry.r, "failures", 0), i);
	}
	assert_false(s->job.sit.retry.found);
	assert_true(retry_waits(&s->job, &err));
	s->job.state = STATE_ORDERED;
	assert_false(retry_waits(&s->job, &err));
}

static void set_retry(struct scene *s, int64_t not_before, const char *kind)
{
	struct evidence *e = &s->job.sit.retry;
	struct err err = { 0 };

	record_dispose(&e->r);
	*e = (struct evidence) { .found = true };
	assert_true(record_set_int(&e->r, "failures", 4, &err));
	assert_true(record_set_int(&e->r, "not_before", not_before, &err));
	assert_true(record_set(&e->r, "kind", kind, &err));
	assert_true(record_set(&e->r, "message", "no route to host", &err));
}

static void waits(void **state)
{
	struct scene *s = *state;
	int64_t now = clock_now();
	const struct {
		int64_t until;
		bool waits;
	} rows[] = { { 0, false }, { now - DAY, false }, { now, false }, { now + 3600, true },
		{ now + DAY + MOST - 3600, true }, { now + DAY + MOST + 3600, false },
		{ now + 3650 * (int64_t)DAY, false } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err why = { 0 };
		char text[CLOCK_TEXT_MAX];
		char expected[256];

		set_retry(s, rows[i].until, "io");
		if (retry_waits(&s->job, &why) != rows[i].waits)
			fail_msg("row %zu", i);
		if (!rows[i].waits) {
			assert_int_equal(why.kind, ERR_NONE);
			continue;
		}
		assert_int_equal(why.kind, ERR_IO);
		snprintf(expected, sizeof(expected),
			"waits until %s after 4 failures (scm-agent run www tries at once): "
			"no route to host",
			clock_format(text, rows[i].until));
		assert_string_equal(why.text, expected);
	}
}

static void waits_with_every_kind(void **state)
{
	struct scene *s = *state;
	struct err why = { 0 };

	for (int kind = ERR_NONE + 1; kind < ERR_KIND_COUNT; kind++) {
		set_retry(s, clock_now() + 3600, err_name((enum err_kind)kind));
		assert_true(retry_waits(&s->job, &why));
		assert_int_equal(why.kind, kind);
	}
	set_retry(s, clock_now() + 3600, "unheard of");
	assert_true(retry_waits(&s->job, &why));
	assert_int_equal(why.kind, ERR_UNAVAILABLE);
	s->job.sit.retry.found = false;
	assert_false(retry_waits(&s->job, &why));
}

/* The run after a first failure tries at once. */
static void forgives_once(void **state)
{
	struct scene *s = *state;
	struct err why = { 0 };

	make_pending(s);
	note(s);
	assert_false(retry_waits(&s->job, &why));
	note(s);
	assert_true(retry_waits(&s->job, &why));
	assert_int_equal(why.kind, ERR_UNAVAILABLE);
}

/* What was mended in the configuration is tried at once, and counted anew. */
static void ends_with_the_configuration(void **state)
{
	struct scene *s = *state;
	struct err why = { 0 };

	make_pending(s);
	for (int i = 0; i < 4; i++)
		note(s);
	assert_true(retry_waits(&s->job, &why));
	memcpy(s->cert.digest, "changed", sizeof("changed"));
	assert_false(retry_waits(&s->job, &why));
	assert_int_equal(record_get_int(note(s), "failures", 0), 1);
	assert_int_equal(record_get_int(note(s), "failures", 0), 2);
	assert_true(retry_waits(&s->job, &why));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		TEST(notes_what_stands_in_the_way),
		TEST(counts_failures),
		TEST(jitters),
		TEST(hurries_at_the_end),
		TEST(honours_retry_after),
		TEST(makes_no_place),
		TEST(forgets_what_is_not_due),
		TEST(keeps_deployments_apart),
		TEST(waits),
		TEST(waits_with_every_kind),
		TEST(forgives_once),
		TEST(ends_with_the_configuration),
	};

	return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
