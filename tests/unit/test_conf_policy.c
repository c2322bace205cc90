/* key_store and what goes with it: what is read, and what does not go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "conf_scene.h"

#define TOKEN SCENE_TOKEN("hsm")
#define IN_TOKEN "key_store = token:hsm\n"

static void reads_each(void **state)
{
	AUTO(conf)
	struct conf *a = conf_scene_load(*state,
		SCENE_CERT "reuse_key = yes\nmax_key_age = 90d\nimport_key = /k.pem\n"
			   "import_key_password_file = /k.pass\n" SCENE_ACCOUNT);
	AUTO(conf)
	struct conf *b =
		conf_scene_load(*state, SCENE_CERT IN_TOKEN "next_key = yes\n" TOKEN SCENE_ACCOUNT);
	AUTO(conf)
	struct conf *c = conf_scene_load(*state,
		SCENE_CERT IN_TOKEN "key_uri = pkcs11:object=web;id=%01\n" TOKEN SCENE_ACCOUNT);
	AUTO(conf) struct conf *d = conf_scene_load(*state, SCENE_CERT SCENE_ACCOUNT);

	assert_true(a->cert[0].reuse_key);
	assert_int_equal(a->cert[0].max_key_age, 90 * 86400);
	assert_string_equal(a->cert[0].import_key, "/k.pem");
	assert_string_equal(a->cert[0].import_password_file, "/k.pass");
	assert_true(b->cert[0].next_key && !b->cert[0].reuse_key);
	assert_ptr_equal(b->cert[0].token, &b->token[0]);
	assert_string_equal(c->cert[0].key_uri, "pkcs11:object=web;id=%01");
	assert_false(d->cert[0].reuse_key || d->cert[0].next_key || d->cert[0].max_key_age);
	assert_null(d->cert[0].key_uri);
	assert_null(d->cert[0].import_key);
}

/* The line to blame is the fifth, after [certificate], names and order. */
static void refuses_what_does_not_go_together(void **state)
{
	static const struct {
		const char *lines;
		unsigned line;
		const char *words;
	} rows[] = {
		{ "next_key = yes\nreuse_key = yes\n", 5, "next_key: ,reuse_key" },
		{ "max_key_age = 1d\n", 5, "max_key_age: ,reuse_key" },
		{ IN_TOKEN "import_key = /k\n", 6, "import_key: ,key_uri" },
		{ "import_key_password_file = /k\n", 5, "import_key" },
		{ "key_uri = pkcs11:object=a\n", 5, "key_uri: ,token:NAME" },
		{ IN_TOKEN "key_uri = pkcs11:object=a\nreuse_key = yes\n", 7,
			"reuse_key: ,key_uri" },
		{ IN_TOKEN "key_uri = pkcs11:object=a\nnext_key = yes\n", 7, "next_key: ,key_uri" },
		{ IN_TOKEN "key_uri = pkcs11:token=hsm\n", 6, "key_uri: ,object=" },
		{ IN_TOKEN "key_uri = object=a\n", 6, "key_uri: ,RFC 7512" },
		{ IN_TOKEN "key_uri = pkcs11:object=a?pin-value=4711\n", 6, "key_uri: ,PIN" },
		{ "import_key = k.pem\n", 5, "import_key: ,absolute" },
		{ "import_key = /k\nimport_key_password_file = geheim\n", 6, "secret itself" },
		{ "key_store = files\n", 5, "key_store: ,neither file nor" },
		{ "key_store = token:none\n", 5, "key_store: ,[token:none]" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf text = BUF(4096);

		buf_addf(&text, "%s%s%s", SCENE_CERT, rows[i].lines, TOKEN SCENE_ACCOUNT);
		conf_scene_refuse(*state, buf_str(&text), rows[i].line, rows[i].words);
		assert_null(strstr(conf_scene_err.text, "4711"));
		assert_null(strstr(conf_scene_err.text, "geheim"));
	}
}

/* Of one key there is one certificate. */
static void refuses_a_key_for_all(void **state)
{
	conf_scene_refuse(*state, "[defaults]\nimport_key = /k\n" SCENE_CERT SCENE_ACCOUNT, 2,
		"import_key: ,same for all");
	conf_scene_refuse(*state,
		"[defaults]\nkey_uri = pkcs11:object=a\n" SCENE_CERT SCENE_ACCOUNT, 2,
		"key_uri: ,same for all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_each, conf_scene_setup, conf_scene_teardown),
		cmocka_unit_test_setup_teardown(
			refuses_what_does_not_go_together, conf_scene_setup, conf_scene_teardown),
		cmocka_unit_test_setup_teardown(
			refuses_a_key_for_all, conf_scene_setup, conf_scene_teardown),
	};

	return cmocka_run_group_tests_name("conf_policy", tests, NULL, NULL);
}
