/* How far the validation of a domain is, from every set of evidence, and when SCM is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/validation.h"
#include "state_scene.h"

#define DAY 86400
#define NOW ((int64_t)1795251600)
#define DOMAIN "example.com"

static void set(struct validation *v, const char *key, const char *value)
{
	struct err err = { 0 };

	assert_true(validation_set(v, key, value, &err));
}

static void set_int(struct validation *v, const char *key, int64_t value)
{
	struct err err = { 0 };

	assert_true(validation_set_int(v, key, value, &err));
}

/* "started,published": the evidence, each at NOW; "over" is a word. */
static enum validation_state state_of(const char *method, const char *evidence)
{
	AUTO(validation) struct validation v = { .domain = DOMAIN };
	AUTO(strlist) struct strlist keys = { 0 };

	assert_true(strlist_split(&keys, evidence, ','));
	set(&v, VALIDATION_METHOD, method);
	for (size_t i = 0; i < keys.n; i++)
		set_int(&v, keys.item[i], NOW);
	return validation_state(&v);
}

static void test_state(void **state)
{
	static const struct {
		const char *method;
		const char *evidence;
		enum validation_state state;
	} cases[] = {
		{ "HTTP", "", VALIDATION_IDLE },
		{ "HTTP", "submitted", VALIDATION_IDLE },
		{ "HTTP", "started", VALIDATION_STARTED },
		{ "HTTP", "started,published", VALIDATION_PUBLISHED },
		{ "HTTP", "started,published,seen", VALIDATION_SEEN },
		{ "HTTP", "started,published,seen,submitted", VALIDATION_SUBMITTED },
		/* SCM knows of it already; what it will look for has to be there all the same */
		{ "CNAME", "started,submitted", VALIDATION_STARTED },
		{ "TXT", "started,submitted", VALIDATION_STARTED },
		{ "TXT", "started,submitted,published", VALIDATION_PUBLISHED },
		{ "TXT", "started,submitted,published,seen", VALIDATION_SUBMITTED },
		{ "EMAIL", "started", VALIDATION_SEEN },
		{ "EMAIL", "started,submitted", VALIDATION_SUBMITTED },
		{ "HTTP", "started,over", VALIDATION_OVER },
		{ "EMAIL", "started,submitted,over", VALIDATION_OVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (state_of(cases[i].method, cases[i].evidence) != cases[i].state)
			fail_msg("%s: %s", cases[i].method, cases[i].evidence);
}

static void test_due(void **state)
{
	static const struct {
		int valid;
		int64_t expires; /* days from now; 0: not said */
		int64_t since;	 /* days before now; 0: not by us */
		bool current;
		bool due;
	} cases[] = {
		{ 0, 0, 0, false, true },
		{ 0, 100, 0, false, true },
		{ 1, 0, 0, true, false },
		{ 1, 100, 0, true, false },
		{ 1, 31, 0, true, false },
		{ 1, 30, 0, true, true },
		{ 1, 20, 0, true, true },
		{ 1, -1, 0, false, true },
		/* ten days of life: the last third */
		{ 1, 9, 1, true, false },
		{ 1, 4, 6, true, false },
		{ 1, 3, 7, true, true },
		/* long lives are renewed 30 days before their end, ours or not */
		{ 1, 30, 168, true, true },
		{ 1, 31, 167, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(validation) struct validation v = { .domain = DOMAIN };

		set_int(&v, VALIDATION_VALID, cases[i].valid);
		set_int(&v, VALIDATION_ASKED, NOW);
		if (cases[i].expires)
			set_int(&v, VALIDATION_EXPIRES, NOW + cases[i].expires * DAY);
		if (cases[i].since)
			set_int(&v, VALIDATION_SINCE, NOW - cases[i].since * DAY);
		if (validation_current(&v, NOW) != cases[i].current ||
			validation_due(&v, 30 * (int64_t)DAY, NOW) != cases[i].due)
			fail_msg("case %zu", i);
		assert_int_equal(validation_doubtful(&v, 30 * (int64_t)DAY, NOW), cases[i].due);
	}
}

/* It ends some time on its last day. */
static void test_last_day(void **state)
{
	AUTO(validation) struct validation v = { .domain = DOMAIN };

	(void)state;
	set_int(&v, VALIDATION_VALID, 1);
	set_int(&v, VALIDATION_EXPIRES, NOW);
	assert_true(validation_current(&v, NOW + DAY - 1));
	assert_false(validation_current(&v, NOW + DAY));
}

static void test_doubtful(void **state)
{
	AUTO(validation) struct validation v = { .domain = DOMAIN };

	(void)state;
	assert_true(validation_doubtful(&v, DAY, NOW));
	set_int(&v, VALIDATION_VALID, 1);
	set_int(&v, VALIDATION_EXPIRES, NOW + 100 * (int64_t)DAY);
	set_int(&v, VALIDATION_ASKED, NOW - 7 * DAY + 1);
	assert_false(validation_doubtful(&v, DAY, NOW));
	set_int(&v, VALIDATION_ASKED, NOW - 7 * DAY);
	assert_true(validation_doubtful(&v, DAY, NOW));
	set_int(&v, VALIDATION_ASKED, NOW + 1);
	assert_true(validation_doubtful(&v, DAY, NOW));
	set_int(&v, VALIDATION_ASKED, NOW);
	set_int(&v, VALIDATION_STARTED_AT, NOW);
	assert_true(validation_doubtful(&v, DAY, NOW));
}

static void test_file(void **state)
{
	struct state_scene *s = *state;
	AUTO(strlist) struct strlist known = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 3; i++) {
		AUTO(validation) struct validation v = { 0 };

		assert_true(validation_read(&v, s->store, DOMAIN, &err));
		assert_int_equal(validation_int(&v, "asked"), i);
		/* nothing piles up */
		assert_int_equal(v.r.keys.n, i ? 2 : 0);
		set(&v, VALIDATION_POINT, "a=\"b\\;=c'");
		set_int(&v, VALIDATION_ASKED, i + 1);
		assert_true(validation_write(&v, s->store, &err));
		assert_string_equal(validation_get(&v, VALIDATION_POINT), "a=\"b\\;=c'");
	}
	assert_true(validation_list(&known, s->store, &err));
	assert_int_equal(known.n, 1);
	assert_string_equal(known.item[0], DOMAIN);
	assert_true(validation_remove(s->store, DOMAIN, &err));
	assert_true(validation_remove(s->store, DOMAIN, &err));
}

/* Reading makes nothing, and needs nothing to be there. */
static void test_nothing_there(void **state)
{
	struct state_scene *s = *state;
	AUTO(validation) struct validation v = { 0 };
	AUTO(strlist) struct strlist known = { 0 };
	struct err err = { 0 };

	assert_true(validation_read(&v, s->store, DOMAIN, &err));
	assert_int_equal(validation_state(&v), VALIDATION_IDLE);
	assert_true(validation_list(&known, s->store, &err));
	assert_int_equal(known.n, 0);
	assert_false(fs_exists(s->store->root, "dcv"));
}

static void test_ends(void **state)
{
	AUTO(validation) struct validation v = { .domain = DOMAIN };
	struct dcv_challenge c;

	(void)state;
	set_int(&v, VALIDATION_VALID, 1);
	set(&v, VALIDATION_METHOD, "CNAME");
	set(&v, VALIDATION_HOST, "_x.example.com.");
	set(&v, VALIDATION_POINT, "y.sectigo.com.");
	set_int(&v, VALIDATION_STARTED_AT, NOW);
	set(&v, VALIDATION_WAITS, "x");
	set_int(&v, VALIDATION_FAILURES, 3);
	c = validation_challenge(&v);
	assert_int_equal(c.type, DCV_CNAME);
	assert_string_equal(c.host, "_x.example.com.");
	validation_end_work(&v);
	assert_int_equal(validation_state(&v), VALIDATION_IDLE);
	assert_string_equal(validation_get(&v, VALIDATION_HOST), "");
	assert_int_equal(validation_int(&v, VALIDATION_FAILURES), 3);
	validation_end_failures(&v);
	assert_int_equal(validation_int(&v, VALIDATION_FAILURES), 0);
	assert_int_equal(validation_int(&v, VALIDATION_VALID), 1);
	assert_int_equal(v.r.keys.n, 1);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, state_scene_setup, state_scene_teardown)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_last_day),
		cmocka_unit_test(test_doubtful),
		SCENE(test_file),
		SCENE(test_nothing_there),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
