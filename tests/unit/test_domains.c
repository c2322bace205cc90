/* Whether an order may be made, and what its refusal means, by what is known about its domains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/domains.h"
#include "base/clock.h"
#include "conf_scene.h"

#define CODE_DCV (-1137)
#define CODE_OTHER (-36)

struct scene {
	struct conf_scene *files;
	struct conf *conf;
	struct store *store;
	struct run run;
};

static int setup(void **state)
{
	static const char text[] = SCENE_ACCOUNT
		"[dcv:site]\ndomains = example.com, example.org\nmethod = http\nwebroot = /srv\n"
		"[certificate:www]\ncommon_name = www.example.com\n"
		"subject_alt_names = example.org, elsewhere.example, ip:192.0.2.1\ndcv = "
		"auto\n" SCENE_ORDER
		"[certificate:hand]\ncommon_name = hand.example.com\n" SCENE_ORDER;
	struct scene *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	char path[128];

	if (!s || conf_scene_setup((void **)&s->files))
		return -1;
	s->conf = conf_scene_load(s->files, text);
	if (!store_open(&s->store, tempdir_path(path, s->files->dir, "state"), &err))
		return -1;
	s->run = (struct run) { .conf = s->conf, .store = s->store };
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	int status;

	store_close(s->store);
	conf_free(s->conf);
	status = conf_scene_teardown((void **)&s->files);
	free(s);
	return status;
}

/* What SCM said `ago` seconds before now. */
static void know(struct scene *s, const char *domain, bool valid, int64_t ago)
{
	AUTO(validation) struct validation v = { .domain = domain };
	struct err err = { 0 };

	assert_true(validation_set_int(&v, VALIDATION_VALID, valid, &err));
	assert_true(validation_set_int(&v, VALIDATION_ASKED, clock_now() - ago, &err));
	assert_true(validation_set_int(
		&v, VALIDATION_EXPIRES, clock_now() + 100 * (int64_t)86400, &err));
	assert_true(validation_set(&v, VALIDATION_WAITS, "a reason", &err));
	assert_true(validation_write(&v, s->store, &err));
}

static bool current(struct scene *s, const char *domain)
{
	AUTO(validation) struct validation v = { 0 };
	struct err err = { 0 };

	assert_true(validation_read(&v, s->store, domain, &err));
	return validation_current(&v, clock_now());
}

static void assert_waits(struct scene *s, const char *words)
{
	struct err err = { 0 };

	assert_false(domains_ready(&s->run, &s->conf->cert[0], &err));
	assert_int_equal(err.kind, ERR_PENDING);
	assert_words(err.text, words);
}

static void test_ready(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	assert_waits(s, "example.com is not validated");
	know(s, "example.com", true, 0);
	assert_waits(s, "example.org is not validated");
	know(s, "example.org", false, 0);
	assert_waits(s, "example.org is not validated,a reason");
	know(s, "example.org", true, 0);
	/* elsewhere.example is somebody else's to validate */
	assert_true(domains_ready(&s->run, &s->conf->cert[0], &err));
}

static void test_by_hand(void **state)
{
	struct scene *s = *state;
	struct err err = { 0 };

	assert_true(domains_ready(&s->run, &s->conf->cert[1], &err));
	assert_true(domains_accepted(&s->run, &s->conf->cert[1], CODE_DCV, &err));
}

static void test_refused(void **state)
{
	struct scene *s = *state;
	const struct conf_cert *cert = &s->conf->cert[0];
	struct err err = { 0 };

	know(s, "example.com", true, 86400);
	know(s, "example.org", true, 0);
	assert_true(domains_accepted(&s->run, cert, CODE_OTHER, &err));
	assert_true(current(s, "example.com"));
	assert_false(domains_accepted(&s->run, cert, CODE_DCV, &err));
	assert_int_equal(err.kind, ERR_PENDING);
	assert_false(current(s, "example.com"));
	/* SCM said so just now: asking again would say the same */
	assert_true(current(s, "example.org"));
	know(s, "example.com", true, 0);
	assert_true(domains_accepted(&s->run, cert, CODE_DCV, &err));
}

static void test_one_each(void **state)
{
	struct scene *s = *state;
	AUTO(domains) struct domains d = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 2; i++) {
		assert_true(domains_add(&d, &s->run, &s->conf->dcv[0], "example.com", &err));
		assert_true(domains_add(&d, &s->run, &s->conf->dcv[0], "example.org", &err));
	}
	assert_int_equal(d.n, 2);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	static const struct CMUnitTest tests[] = {
		SCENE(test_ready),
		SCENE(test_by_hand),
		SCENE(test_refused),
		SCENE(test_one_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
