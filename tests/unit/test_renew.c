/* When a certificate is due: by age, by change, and never later for being one of many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/renew.h"

#define DAY INT64_C(86400)
#define START INT64_C(1800000000)

static char name_www[] = "www";
static char name_cn[] = "www.example.com";
static char name_account[] = "default";
static char name_profile[] = "1018";
static char other_profile[] = "Other profile";
static char name_file[] = "file";

struct scene {
	struct conf_cert cert;
	struct record meta;
};

static void add(struct strlist *l, const char *s)
{
	assert_true(strlist_add(l, s));
}

static void set(struct record *r, const char *key, const char *value)
{
	struct err err = { 0 };

	assert_true(record_set(r, key, value, &err));
}

static void set_int(struct record *r, const char *key, int64_t value)
{
	struct err err = { 0 };

	assert_true(record_set_int(r, key, value, &err));
}

/* A certificate of www, valid for `days` from START, that is as configured. */
static void open_scene(struct scene *s, int64_t days)
{
	struct err err = { 0 };

	*s = (struct scene) {
		.cert = { .name = name_www,
			.common_name = name_cn,
			.account_name = name_account,
			.key_store = name_file,
			.key_type = KS_EC_P256,
			.profile = name_profile,
			.renew_before = { .per_mille = 330 } },
	};
	add(&s->cert.names, "dns:www.example.com");
	add(&s->cert.names, "ip:192.0.2.1");
	assert_true(renew_describe(&s->meta, &s->cert, &err));
	set_int(&s->meta, "not_before", START);
	set_int(&s->meta, "not_after", START + days * DAY);
}

static void close_scene(struct scene *s)
{
	strlist_dispose(&s->cert.names);
	record_dispose(&s->meta);
}
AUTO_DEFINE_REF(scene, struct scene, close_scene);

/* The moment at which it becomes due; that it does just then is checked. */
static int64_t due_time(const struct scene *s, uint64_t host)
{
	struct renew_verdict before;
	struct renew_verdict at;

	renew_decide(&at, &s->cert, &s->meta, START, host);
	renew_decide(&before, &s->cert, &s->meta, at.when - 1, host);
	assert_false(before.due);
	assert_string_equal(before.why, "");
	assert_int_equal(before.when, at.when);
	renew_decide(&at, &s->cert, &s->meta, before.when, host);
	assert_true(at.due);
	assert_memory_equal(at.why, "expires in ", 11);
	assert_int_equal(at.when, before.when);
	return at.when;
}

static int64_t end_of(const struct scene *s)
{
	return record_get_int(&s->meta, "not_after", 0);
}

static void is_due_in_time(void **state)
{
	static const struct {
		int64_t days; /* of its life */
		struct conf_window before;
		int64_t window; /* seconds before its end */
		bool too_long;
	} rows[] = {
		{ 199, { .per_mille = 330 }, 199 * DAY * 33 / 100, false },
		{ 100, { .per_mille = 330 }, 33 * DAY, false },
		{ 47, { .per_mille = 330 }, 47 * DAY * 33 / 100, false },
		{ 100, { .per_mille = 10 }, DAY, false },
		{ 100, { .per_mille = 900 }, 90 * DAY, false },
		{ 199, { .seconds = 30 * DAY }, 30 * DAY, false },
		{ 199, { .seconds = 1 }, 1, false },
		{ 30, { .seconds = 30 * DAY - 1 }, 30 * DAY - 1, false },
		{ 30, { .seconds = 30 * DAY }, 30 * DAY * 33 / 100, true },
		{ 10, { .seconds = 30 * DAY }, 10 * DAY * 33 / 100, true },
		{ 36500, { .per_mille = 900 }, 36500 * DAY * 9 / 10, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(scene) struct scene s;
		struct renew_verdict v;
		int64_t when;
		int64_t spread = rows[i].window / 20 < DAY ? rows[i].window / 20 : DAY;

		open_scene(&s, rows[i].days);
		s.cert.renew_before = rows[i].before;
		when = due_time(&s, 42);
		assert_in_range(
			when, end_of(&s) - rows[i].window - spread, end_of(&s) - rows[i].window);
		renew_decide(&v, &s.cert, &s.meta, START, 42);
		assert_int_equal(v.window_too_long, rows[i].too_long);
	}
}

/* Never later than asked for, never a day earlier, each host and name at a time of its own. */
static void spreads_a_fleet(void **state)
{
	AUTO(scene) struct scene s;
	int64_t latest;
	int64_t first = INT64_MAX;
	int64_t last = 0;
	int64_t other;
	char name[32];

	(void)state;
	open_scene(&s, 199);
	latest = end_of(&s) - 199 * DAY * 33 / 100;
	for (uint64_t host = 0; host < 500; host++) {
		int64_t when = due_time(&s, host * UINT64_C(0x9e3779b97f4a7c15));

		assert_in_range(when, latest - DAY + 1, latest);
		first = when < first ? when : first;
		last = when > last ? when : last;
	}
	assert_true(last - first > DAY * 9 / 10);
	first = due_time(&s, 1);
	assert_int_equal(due_time(&s, 1), first);
	s.cert.name = name;
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "cert-%d", i);
		other = due_time(&s, 1);
		first = other < first ? other : first;
		last = other > last ? other : last;
	}
	assert_true(last - first > DAY * 9 / 10);
}

/* A short life has no room for a day: at most a twentieth of the window. */
static void spreads_a_short_life_less(void **state)
{
	AUTO(scene) struct scene s;
	int64_t latest;

	(void)state;
	open_scene(&s, 1);
	latest = end_of(&s) - DAY * 33 / 100;
	for (uint64_t host = 0; host < 100; host++)
		assert_in_range(due_time(&s, host), latest - DAY * 33 / 100 / 20, latest);
}

static void says_how_long_it_lasts(void **state)
{
	AUTO(scene) struct scene s;
	struct renew_verdict v;

	(void)state;
	open_scene(&s, 199);
	renew_decide(&v, &s.cert, &s.meta, end_of(&s) - 10 * DAY - 3 * 3600, 42);
	assert_true(v.due);
	assert_string_equal(v.why, "expires in 10d 3h");
	renew_decide(&v, &s.cert, &s.meta, end_of(&s) - 1, 42);
	assert_string_equal(v.why, "expires in 1s");
	renew_decide(&v, &s.cert, &s.meta, end_of(&s), 42);
	assert_true(v.due);
	assert_string_equal(v.why, "expired");
	renew_decide(&v, &s.cert, &s.meta, end_of(&s) + 1000 * DAY, 42);
	assert_string_equal(v.why, "expired");
}

static void is_due_without_a_certificate(void **state)
{
	AUTO(scene) struct scene s;
	struct renew_verdict v;

	(void)state;
	open_scene(&s, 199);
	renew_decide(&v, &s.cert, NULL, START, 42);
	assert_true(v.due);
	assert_int_equal(v.when, 0);
	assert_false(v.window_too_long);
	assert_string_equal(v.why, "no certificate yet");
}

/* A record without dates says nothing about a certificate that could be kept. */
static void is_due_without_dates(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(record) struct record meta = { 0 };
	struct renew_verdict v;
	struct err err = { 0 };

	(void)state;
	open_scene(&s, 199);
	assert_true(renew_describe(&meta, &s.cert, &err));
	renew_decide(&v, &s.cert, &meta, START, 42);
	assert_true(v.due);
	set_int(&meta, "not_before", START + DAY);
	set_int(&meta, "not_after", START);
	renew_decide(&v, &s.cert, &meta, START, 42);
	assert_true(v.due);
}

/* Each change, made to what the record above describes. */
static void no_change(struct conf_cert *c)
{
	(void)c;
}

static void other_order_of_names(struct conf_cert *c)
{
	char *first = c->names.item[0];

	c->names.item[0] = c->names.item[1];
	c->names.item[1] = first;
}

static void one_name_more(struct conf_cert *c)
{
	add(&c->names, "dns:example.com");
}

static void one_name_less(struct conf_cert *c)
{
	free(c->names.item[--c->names.n]);
}

static void another_name(struct conf_cert *c)
{
	one_name_less(c);
	add(&c->names, "ip:192.0.2.2");
}

static char changed[] = "changed";

static void another_common_name(struct conf_cert *c)
{
	c->common_name = changed;
}

static void an_organization(struct conf_cert *c)
{
	c->organization = changed;
}

static void a_unit(struct conf_cert *c)
{
	c->organizational_unit = changed;
}

static void a_locality(struct conf_cert *c)
{
	c->locality = changed;
}

static void a_state(struct conf_cert *c)
{
	c->state = changed;
}

static void a_country(struct conf_cert *c)
{
	c->country = changed;
}

static void another_key_type(struct conf_cert *c)
{
	c->key_type = KS_RSA_2048;
}

static void a_token(struct conf_cert *c)
{
	static const struct conf_token token;

	c->token = &token;
	c->key_store = changed;
}

static void a_key_uri(struct conf_cert *c)
{
	static char uri[] = "pkcs11:object=web";

	c->key_uri = uri;
}

static void another_profile(struct conf_cert *c)
{
	c->profile = other_profile;
}

static void another_account(struct conf_cert *c)
{
	c->account_name = changed;
}

static void what_only_deploys(struct conf_cert *c)
{
	c->group = changed;
	c->key_mode = 0640;
	c->on_failure = CONF_KEEP;
	c->trust_anchors = changed;
	c->term = 90;
	c->comments = changed;
	c->allow_extra_names = true;
}

static void follows_the_configuration(void **state)
{
	static const struct {
		void (*change)(struct conf_cert *c);
		const char *why;
	} rows[] = {
		{ no_change, NULL },
		{ other_order_of_names, NULL },
		{ what_only_deploys, NULL },
		{ one_name_more, "names changed" },
		{ one_name_less, "names changed" },
		{ another_name, "names changed" },
		{ another_common_name, "subject changed" },
		{ an_organization, "subject changed" },
		{ a_unit, "subject changed" },
		{ a_locality, "subject changed" },
		{ a_state, "subject changed" },
		{ a_country, "subject changed" },
		{ another_key_type, "key type changed" },
		{ a_token, "key store changed" },
		{ a_key_uri, "key URI changed" },
		{ another_profile, "profile changed" },
		{ another_account, "account changed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(scene) struct scene s;
		struct renew_verdict v;
		struct renew_verdict by_age;
		const char *why;

		open_scene(&s, 199);
		rows[i].change(&s.cert);
		why = renew_changed(&s.cert, &s.meta);
		renew_decide(&v, &s.cert, &s.meta, START, 42);
		renew_by_age(&by_age, &s.cert, &s.meta, START, 42);
		assert_false(by_age.due);
		assert_int_equal(v.due, rows[i].why != NULL);
		assert_int_equal(v.when, by_age.when);
		if (rows[i].why && (!why || strcmp(why, rows[i].why) != 0))
			fail_msg("row %zu: %s", i, why);
		assert_string_equal(v.why, rows[i].why ? rows[i].why : "");
	}
}

/* From one token to another, and back to a file. */
static void follows_the_token(void **state)
{
	static const struct conf_token token;
	AUTO(scene) struct scene s;
	AUTO(record) struct record meta = { 0 };
	struct err err = { 0 };

	(void)state;
	open_scene(&s, 199);
	s.cert.token = &token;
	s.cert.key_store = name_www;
	assert_true(renew_describe(&meta, &s.cert, &err));
	assert_null(renew_changed(&s.cert, &meta));
	s.cert.key_store = changed;
	assert_string_equal(renew_changed(&s.cert, &meta), "key store changed");
	s.cert.token = NULL;
	s.cert.key_store = name_file;
	assert_string_equal(renew_changed(&s.cert, &meta), "key store changed");
	/* a token may be called "file" */
	s.cert.token = &token;
	assert_string_equal(renew_changed(&s.cert, &s.meta), "key store changed");
}

static void the_key_uri_that_it_was_ordered_with(void **state)
{
	static char uri[] = "pkcs11:object=web";
	static char other[] = "pkcs11:object=web2";
	AUTO(scene) struct scene s;
	AUTO(record) struct record meta = { 0 };
	struct err err = { 0 };

	(void)state;
	open_scene(&s, 199);
	s.cert.key_uri = uri;
	assert_true(renew_describe(&meta, &s.cert, &err));
	assert_null(renew_changed(&s.cert, &meta));
	assert_null(renew_key_changed(&s.cert, &meta));
	s.cert.key_uri = other;
	assert_string_equal(renew_changed(&s.cert, &meta), "key URI changed");
	assert_string_equal(renew_key_changed(&s.cert, &meta), "key URI changed");
	s.cert.key_uri = NULL;
	assert_string_equal(renew_changed(&s.cert, &meta), "key URI changed");
	s.cert.key_uri = uri;
	s.cert.profile = other_profile;
	assert_null(renew_key_changed(&s.cert, &meta));
}

/* What was changed comes before its age, and is due whatever its age. */
static void prefers_the_change(void **state)
{
	AUTO(scene) struct scene s;
	struct renew_verdict v;

	(void)state;
	open_scene(&s, 199);
	s.cert.profile = other_profile;
	renew_decide(&v, &s.cert, &s.meta, end_of(&s) + DAY, 42);
	assert_true(v.due);
	assert_string_equal(v.why, "profile changed");
	renew_by_age(&v, &s.cert, &s.meta, end_of(&s) + DAY, 42);
	assert_string_equal(v.why, "expired");
}

/* As many names as a certificate takes survive being written and compared. */
static void describes_many_names(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(record) struct record meta = { 0 };
	struct err err = { 0 };
	char name[256];

	(void)state;
	open_scene(&s, 199);
	for (int i = 0; i < 498; i++) {
		snprintf(name, sizeof(name), "dns:%0100d.%0100d.example.com", i, i);
		add(&s.cert.names, name);
	}
	assert_true(renew_describe(&meta, &s.cert, &err));
	assert_null(renew_changed(&s.cert, &meta));
	one_name_less(&s.cert);
	assert_string_equal(renew_changed(&s.cert, &meta), "names changed");
}

static void needs_a_description(void **state)
{
	AUTO(scene) struct scene s;
	AUTO(record) struct record meta = { 0 };

	(void)state;
	open_scene(&s, 199);
	set_int(&meta, "not_before", START);
	set_int(&meta, "not_after", START + 199 * DAY);
	set(&meta, "names", "dns:www.example.com ip:192.0.2.1");
	assert_string_equal(renew_changed(&s.cert, &meta), "subject changed");
}

/* The verdict of renew_if_issued_before = `time`, seen first at `seen`. */
static struct renew_verdict by_issue(struct scene *s, int64_t time, int64_t seen, int64_t now)
{
	struct renew_verdict v;

	s->cert.renew_if_issued_before = time;
	renew_decide(&v, &s->cert, &s->meta, now, 42);
	renew_by_issue(&v, &s->cert, &s->meta, seen, now, 42);
	return v;
}

/* Once, at a moment of the day after it was seen that does not move. */
static void replaces_what_was_issued_before(void **state)
{
	AUTO(scene) struct scene s;
	int64_t time = START + 10 * DAY;
	int64_t seen = START + 20 * DAY;
	struct renew_verdict v;
	int64_t moment;

	(void)state;
	open_scene(&s, 199);
	v = by_issue(&s, time, seen, seen);
	moment = v.replacement;
	assert_in_range(moment, seen, seen + DAY - 1);
	assert_int_equal(v.when, moment);
	assert_false(by_issue(&s, time, seen, moment - 1).due);
	v = by_issue(&s, time, seen, moment);
	assert_true(v.due);
	assert_memory_equal(v.why, "issued before 2027-", 19);
	assert_int_equal(v.replacement, moment);
	/* at once for who names it */
	assert_true(by_issue(&s, time, 0, seen).due);
	/* not yet: it would have to be replaced again */
	v = by_issue(&s, time, time - DAY, time - 1);
	assert_false(v.due);
	assert_int_equal(v.replacement, 0);
	/* not before it */
	assert_int_equal(by_issue(&s, START, seen, seen + DAY).replacement, 0);
	assert_int_equal(by_issue(&s, 0, seen, seen + DAY).replacement, 0);
}

/* A CA may date a certificate back: what was ordered after the time was issued after it. */
static void replaces_once(void **state)
{
	AUTO(scene) struct scene s;
	int64_t time = START + 10 * DAY;

	(void)state;
	open_scene(&s, 199);
	set_int(&s.meta, "ordered", time - 1);
	assert_true(by_issue(&s, time, time, time + 2 * DAY).due);
	close_scene(&s);
	open_scene(&s, 199);
	set_int(&s.meta, "ordered", time);
	assert_false(by_issue(&s, time, time, time + 2 * DAY).due);
}

/* What is due anyway keeps its reason, and a moment that is later than its age is none. */
static void prefers_what_comes_first(void **state)
{
	AUTO(scene) struct scene s;
	struct renew_verdict v;
	int64_t late;

	(void)state;
	open_scene(&s, 199);
	late = due_time(&s, 42) + 1;
	v = by_issue(&s, START + DAY, late, late);
	assert_true(v.due);
	assert_memory_equal(v.why, "expires in ", 11);
	assert_true(v.when < late);
	renew_at_once(&v, "revoked");
	assert_string_equal(v.why, "revoked");
}

static void knows_its_host(void **state)
{
	(void)state;
	assert_true(renew_host() == renew_host());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_due_in_time),
		cmocka_unit_test(spreads_a_fleet),
		cmocka_unit_test(spreads_a_short_life_less),
		cmocka_unit_test(says_how_long_it_lasts),
		cmocka_unit_test(is_due_without_a_certificate),
		cmocka_unit_test(is_due_without_dates),
		cmocka_unit_test(follows_the_configuration),
		cmocka_unit_test(follows_the_token),
		cmocka_unit_test(the_key_uri_that_it_was_ordered_with),
		cmocka_unit_test(prefers_the_change),
		cmocka_unit_test(describes_many_names),
		cmocka_unit_test(needs_a_description),
		cmocka_unit_test(replaces_what_was_issued_before),
		cmocka_unit_test(replaces_once),
		cmocka_unit_test(prefers_what_comes_first),
		cmocka_unit_test(knows_its_host),
	};

	return cmocka_run_group_tests_name("renew", tests, NULL, NULL);
}
