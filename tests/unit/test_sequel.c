/* How an order follows an earlier one: what is decided, and that it stays decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "agent/revocation.h"
#include "agent/sequel.h"
#include "tempdir.h"

#define KEY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static char name_www[] = "www";
static char name_cn[] = "www.example.com";
static char name_account[] = "default";
static char name_file[] = "file";
static char profile[] = "1018";

struct scene {
	struct tempdir *dir;
	struct store *store;
	struct conf_cert cert;
	struct run run;
};

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	char path[128];

	if (!s || tempdir_setup((void **)&s->dir) ||
		!store_open(&s->store, tempdir_path(path, s->dir, "state"), &err))
		return -1;
	s->cert = (struct conf_cert) { .name = name_www,
		.common_name = name_cn,
		.account_name = name_account,
		.key_store = name_file,
		.key_type = KS_EC_P256,
		.profile = profile };
	s->run.store = s->store;
	if (!strlist_add(&s->cert.names, "dns:www.example.com"))
		return -1;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	int status;

	store_close(s->store);
	strlist_dispose(&s->cert.names);
	status = tempdir_teardown((void **)&s->dir);
	free(s);
	return status;
}

/* A generation that is as configured, live, of this order. */
static void add_generation(struct scene *s, const char *id, const char *order)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	assert_true(store_open_archive(&archive, s->store, name_www, true, &err));
	assert_true(fs_make_dir(&dir, archive, id, FS_ATTR(0755), &err));
	assert_true(renew_describe(&r, &s->cert, &err) && record_set(&r, "order", order, &err) &&
		    record_set(&r, "spki", KEY, &err));
	assert_true(record_write(&r, dir, FILE_META, FS_ATTR(0644), &err));
	assert_true(store_switch(s->store, name_www, id, &err));
}

/* What an intent that is written now would say, read back from a file. */
static void decide(struct record *intent, struct scene *s, const char *reissue)
{
	AUTO(job) struct job job = { .cert = &s->cert, .run = &s->run, .reissue = reissue };
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };
	bool found;

	assert_true(situation_read(&job.sit, s->store, name_www, &err));
	assert_true(sequel_decide(&r, &job, &err));
	assert_true(record_write(&r, s->store->cache, "intent", FS_ATTR(0600), &err));
	assert_true(record_read(intent, &found, s->store->cache, "intent", &err));
}

static void expect(
	struct scene *s, const char *reissue, enum wire_submit_kind kind, const char *order)
{
	AUTO(record) struct record intent = { 0 };
	struct sequel sequel;

	decide(&intent, s, reissue);
	sequel = sequel_of(&intent);
	assert_int_equal(sequel.kind, kind);
	assert_string_equal(sequel.order, order);
	assert_string_equal(sequel.spki, kind == WIRE_ENROLL ? "" : KEY);
	assert_string_equal(sequel.reason, kind == WIRE_REPLACE ? reissue : "");
}

static void enrolls_unless_told(void **state)
{
	struct scene *s = *state;

	expect(s, NULL, WIRE_ENROLL, "");
	add_generation(s, "000001", "55");
	expect(s, NULL, WIRE_ENROLL, "");
}

static void renews_the_newest(void **state)
{
	struct scene *s = *state;

	s->cert.renew_with = CONF_RENEW;
	expect(s, NULL, WIRE_ENROLL, "");
	add_generation(s, "000001", "55");
	expect(s, NULL, WIRE_RENEW, "55");
	add_generation(s, "000002", "abc-56");
	expect(s, NULL, WIRE_RENEW, "abc-56");
	add_generation(s, "000003", "");
	expect(s, NULL, WIRE_ENROLL, "");
}

static void enrolls_after_a_change(void **state)
{
	struct scene *s = *state;

	s->cert.renew_with = CONF_RENEW;
	add_generation(s, "000001", "55");
	assert_true(strlist_add(&s->cert.names, "dns:new.example.com"));
	expect(s, NULL, WIRE_ENROLL, "");
}

static void enrolls_after_a_revocation(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	s->cert.renew_with = CONF_RENEW;
	add_generation(s, "000001", "55");
	assert_true(revocation_note(s->store, name_www, "000001", "scm", &err));
	expect(s, NULL, WIRE_ENROLL, "");
	add_generation(s, "000002", "56");
	expect(s, NULL, WIRE_RENEW, "56");
	assert_true(revocation_burn(s->store, name_www, KEY, &err));
	expect(s, NULL, WIRE_ENROLL, "");
}

/* Whatever renewals are made with. */
static void replaces_when_told(void **state)
{
	struct scene *s = *state;

	add_generation(s, "000001", "55");
	expect(s, "new machine", WIRE_REPLACE, "55");
	s->cert.renew_with = CONF_RENEW;
	expect(s, "new machine", WIRE_REPLACE, "55");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(enrolls_unless_told),
		TEST(renews_the_newest),
		TEST(enrolls_after_a_change),
		TEST(enrolls_after_a_revocation),
		TEST(replaces_when_told),
	};

	return cmocka_run_group_tests_name("sequel", tests, NULL, NULL);
}
