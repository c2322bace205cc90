/* Certificates that another host orders, in the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "conf_scene.h"

#define FOLLOWER "[certificate:www]\ncommon_name = www.example.com\nfollow = /srv/www.p12\n"

static void reads_all_keys(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		FOLLOWER "follow_alias = tomcat\nfollow_password_file = /etc/p\n"
			 "follow_key_password_file = credential:k\n" SCENE_ACCOUNT);
	const struct conf_cert *c = conf->cert;

	assert_string_equal(c->follow.path, "/srv/www.p12");
	assert_string_equal(c->follow.alias, "tomcat");
	assert_string_equal(c->follow.password_file, "/etc/p");
	assert_string_equal(c->follow.key_password_file, "credential:k");
	assert_ptr_equal(c->account, conf->account);
	assert_true(c->allow_extra_names);
}

static void needs_no_account(void **state)
{
	AUTO(conf) struct conf *conf = conf_scene_load(*state, FOLLOWER);

	assert_null(conf->cert[0].account);
	assert_null(conf->cert[0].account_name);
	assert_int_equal(conf->accounts, 0);
	conf_scene_refuse(*state, FOLLOWER "account = other\n", 4, "no [scm:other]");
	conf_scene_refuse(*state, FOLLOWER "account = default\n", 4, "no [scm] section");
	conf_scene_refuse(*state, SCENE_CERT, 1, "no [scm] section");
}

/* What others share is not for it, whatever it says about orders. */
static void ignores_orders_of_defaults(void **state)
{
	AUTO(conf)
	struct conf *conf = conf_scene_load(*state,
		"[defaults]\nprofile = web\nterm = 90\nkey_type = rsa:3072\ndcv = auto\n"
		"next_key = yes\ndcv_mode = EMAIL\nrenew_if_issued_before = "
		"2026-01-02\nrenew_before = 20d\n"
		"deploy_hooks = nginx\n" FOLLOWER);
	const struct conf_cert *c = conf->cert;

	assert_null(c->profile);
	assert_int_equal(c->term, 0);
	assert_false(c->dcv_auto);
	assert_false(c->next_key);
	assert_int_equal(c->renew_if_issued_before, 0);
	assert_int_equal(c->renew_before.seconds, 20 * 86400);
	assert_int_equal(c->deploy_hooks.n, 1);
}

static void refuses_orders(void **state)
{
	static const char *const keys[] = { "profile = 1", "term = 9", "key_type = ec:P-256",
		"comments = x", "organization = x", "custom_field.a = b", "renew_with = renew",
		"dcv = auto", "next_key = yes", "reuse_key = no", "import_key = /k",
		"on_lost_answer = hold", "allow_extra_names = no",
		"external_requesters = a@example.com" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		AUTO(buf) struct buf text = BUF(4096);

		buf_addf(&text, FOLLOWER "%s\n", keys[i]);
		conf_scene_refuse(*state, buf_str(&text), 4, "beside follow");
	}
}

static void refuses_what_makes_no_sense(void **state)
{
	conf_scene_refuse(*state, SCENE_CERT "follow_alias = x\n" SCENE_ACCOUNT, 5, "no follow");
	conf_scene_refuse(
		*state, SCENE_TOKEN("hsm") FOLLOWER "key_store = token:hsm\n", 8, "key_store");
	conf_scene_refuse(*state, "[defaults]\nfollow = /x\n" FOLLOWER, 2, "can't be the same");
	conf_scene_refuse(*state,
		"[certificate:www]\ncommon_name = www.example.com\nfollow = www.p12\n", 3,
		"absolute");
	conf_scene_refuse(*state, "[certificate:www]\nfollow = /x\n", 1, "common_name");
	conf_scene_refuse(*state,
		FOLLOWER "[install:a]\ncertificate = www\nformat = pkcs12\npath = /srv/www.p12\n"
			 "password_file = /etc/p\n",
		7, "is what [certificate:www] follows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reads_all_keys, conf_scene_setup, conf_scene_teardown),
		cmocka_unit_test_setup_teardown(
			needs_no_account, conf_scene_setup, conf_scene_teardown),
		cmocka_unit_test_setup_teardown(
			ignores_orders_of_defaults, conf_scene_setup, conf_scene_teardown),
		cmocka_unit_test_setup_teardown(
			refuses_orders, conf_scene_setup, conf_scene_teardown),
		cmocka_unit_test_setup_teardown(
			refuses_what_makes_no_sense, conf_scene_setup, conf_scene_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
