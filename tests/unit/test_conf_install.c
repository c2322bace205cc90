/* [install:NAME]: what each format takes, needs and refuses, defaults, and who may share a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/fs.h"
#include "conf_scene.h"

#define REST SCENE_ACCOUNT SCENE_CERT SCENE_TOKEN("hsm")
#define TOKEN_CERT                                                                                 \
	"[certificate:hsm]\ncommon_name = hsm.example.com\nkey_store = token:hsm\n" SCENE_ORDER
#define TARGET(name, format) "[install:" name "]\ncertificate = www\nformat = " format "\n"
#define LOGIN_STORE "/etc/scm-agent/client.p12"
#define PASSWORD "password_file = /etc/scm-agent/p\n"

static struct conf *load(void **state, const char *sections)
{
	AUTO(buf) struct buf text = BUF(65536);

	buf_addf(&text, "%s%s%s", sections, REST, TOKEN_CERT);
	return conf_scene_load(*state, buf_str(&text));
}

static void refuse(void **state, const char *sections, unsigned line, const char *words)
{
	AUTO(buf) struct buf text = BUF(65536);

	buf_addf(&text, "%s%s%s", sections, REST, TOKEN_CERT);
	conf_scene_refuse(*state, buf_str(&text), line, words);
}

static void has_defaults(void **state)
{
	static const struct {
		const char *format;
		const char *more;
		unsigned mode;
		bool alias;
	} rows[] = {
		{ "pem-cert", "", 0644, false },
		{ "pem-chain", "", 0644, false },
		{ "pem-fullchain", "", 0644, false },
		{ "pem-key", "", 0600, false },
		{ "pem-combined", "", 0600, false },
		{ "pkcs12", PASSWORD, 0600, true },
		{ "jks", PASSWORD, 0600, true },
		{ "jceks", PASSWORD, 0600, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf text = BUF(4096);
		AUTO(conf) struct conf *conf = NULL;
		const struct conf_target *t;

		buf_addf(&text, "[install:a]\ncertificate = www\nformat = %s\npath = /etc/x\n%s",
			rows[i].format, rows[i].more);
		conf = load(state, buf_str(&text));
		assert_int_equal(conf->cert[0].targets, 1);
		t = conf->cert[0].target;
		assert_string_equal(t->name, "a");
		assert_string_equal(conf_format_name(t->format), rows[i].format);
		assert_string_equal(t->path, "/etc/x");
		assert_int_equal(t->mode, rows[i].mode);
		assert_true(t->mode_default);
		assert_int_equal(t->uid, FS_KEEP);
		assert_int_equal(t->gid, FS_KEEP);
		assert_false(t->legacy);
		assert_null(t->key_password_file);
		assert_int_equal(conf_format_is_store(t->format), rows[i].alias);
		assert_int_equal(conf_format_has_key(t->format), rows[i].mode == 0600);
		if (rows[i].alias)
			assert_string_equal(t->alias, "www");
		else
			assert_null(t->alias);
	}
}

static void takes_all_keys(void **state)
{
	AUTO(conf)
	struct conf *conf = load(state,
		TARGET("a", "pkcs12") "path = /etc/x.p12\nalias = Tomcat\n" PASSWORD
				      "legacy = yes\nowner = root\ngroup = daemon\nmode = 0640\n");
	const struct conf_target *t = conf->cert[0].target;

	assert_string_equal(t->alias, "Tomcat");
	assert_string_equal(t->password_file, "/etc/scm-agent/p");
	assert_true(t->legacy);
	assert_int_equal(t->uid, 0);
	assert_int_equal(t->gid, 1);
	assert_int_equal(t->mode, 0640);
	assert_false(t->mode_default);
}

/* The key alone right before the certificates alone, whatever the configuration's order. */
static void orders_them(void **state)
{
	AUTO(conf)
	struct conf *conf =
		load(state, TARGET("a", "pem-cert") "path = /c\n" TARGET(
				    "b", "pem-fullchain") "path = /f\n" TARGET("c",
				    "pem-key") "path = /k\n" TARGET("d",
				    "jks") "path = /j\n" PASSWORD
					   "[install:t]\ncertificate = hsm\nformat = token-cert\n");
	const struct conf_cert *c = &conf->cert[0];

	assert_int_equal(c->targets, 4);
	assert_string_equal(c->target[0].name, "d");
	assert_string_equal(c->target[1].name, "c");
	assert_string_equal(c->target[2].name, "b");
	assert_string_equal(c->target[3].name, "a");
	assert_int_equal(conf->cert[1].targets, 1);
	assert_int_equal(conf->cert[1].target[0].format, CONF_TOKEN_CERT);
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *words;
	} rows[] = {
		{ "[install:a]\nformat = pem-key\npath = /x\n", 1, "needs 'certificate'" },
		{ "[install:a]\ncertificate = www\npath = /x\n", 1, "needs 'format'" },
		{ "[install:a]\ncertificate = no\nformat = pem-key\npath = /x\n", 2,
			"there is no [certificate:no]" },
		{ TARGET("a", "der") "path = /x\n", 3, "'der' is not one of: pem-cert,token-cert" },
		{ TARGET("a", "pem-key"), 1, "needs 'path' for format = pem-key" },
		{ TARGET("a", "pem-key") "path = x\n", 4, "not an absolute path" },
		{ TARGET("a", "pem-key") "path = /x/\n", 4, "'/x/' is not the path of a file" },
		{ TARGET("a", "pem-key") "path = /x/..\n", 4, "not the path of a file" },
		{ TARGET("a", "pem-key") "path = /var/lib/scm-agent/x\n", 4, "state directory" },
		{ TARGET("a", "pem-cert") "path = /x\nalias = a\n", 5,
			"alias: means nothing for format = pem-cert" },
		{ TARGET("a", "pem-key") "path = /x\n" PASSWORD, 5,
			"password_file: means nothing" },
		{ TARGET("a", "pem-cert") "path = /x\nkey_password_file = /p\n", 5,
			"key_password_file: means nothing" },
		{ TARGET("a", "pkcs12") "path = /x\n" PASSWORD "key_password_file = /p\n", 6,
			"key_password_file: means nothing for format = pkcs12" },
		{ TARGET("a", "jks") "path = /x\n" PASSWORD "legacy = yes\n", 6,
			"legacy: means nothing" },
		{ TARGET("a", "pkcs12") "path = /x\n", 1, "needs 'password_file'" },
		{ TARGET("a", "pkcs12") "path = /x\npassword = hunter2\n", 5, "set password_file" },
		{ TARGET("a", "jks") "path = /x\npassword_file = hunter2\n", 5, "absolute path" },
		{ TARGET("a", "pem-key") "path = /x\nmode = 0644\n", 5,
			"0644 is not for a file with a private key" },
		{ TARGET("a", "pem-cert") "path = /x\nmode = 0664\n", 5, "'0664'" },
		{ TARGET("a", "pem-cert") "path = /x\nmode = 0744\n", 5, "'0744'" },
		{ TARGET("a", "pem-cert") "path = /x\nmode = 0000\n", 5, "'0000'" },
		{ TARGET("a", "pem-cert") "path = /x\nowner = nobody-of-that-name\n", 5,
			"owner: there is no user 'nobody-of-that-name'" },
		{ TARGET("a", "pem-cert") "path = /x\ngroup = nobody-of-that-name\n", 5,
			"group: there is no group" },
		{ "[install:a]\ncertificate = hsm\nformat = pem-key\npath = /x\n", 1,
			"private key,never leaves its token,pem-fullchain" },
		{ "[install:a]\ncertificate = hsm\nformat = jks\npath = /x\n" PASSWORD, 1,
			"never leaves its token" },
		{ TARGET("a", "token-cert"), 1, "token-cert is for a certificate with key_store" },
		{ "[install:a]\ncertificate = hsm\nformat = token-cert\npath = /x\n", 4,
			"path: means nothing for format = token-cert" },
		{ "[install:a]\ncertificate = hsm\nformat = token-cert\nmode = 0600\n", 4,
			"mode: means nothing" },
		{ TARGET("a/b", "pem-cert") "path = /x\n", 1, "'a/b' can't be a name" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		refuse(state, rows[i].text, rows[i].line, rows[i].words);
	assert_null(strstr(conf_scene_err.text, "hunter2"));
}

static void keeps_paths_apart(void **state)
{
#define STORE(name, alias) TARGET(name, "jks") "path = /x\n" PASSWORD "alias = " alias "\n"
	AUTO(conf) struct conf *conf = load(state, STORE("a", "one") STORE("b", "two"));

	assert_int_equal(conf->cert[0].targets, 2);
	refuse(state, STORE("a", "one") STORE("b", "ONE"), 7,
		"[install:b]: [install:a] has the path /x");
	refuse(state, STORE("a", "one") STORE("b", "two") "mode = 0640\n", 7, "share a file");
	refuse(state, TARGET("a", "pem-cert") "path = /x\n" TARGET("b", "pem-cert") "path = /x\n",
		5, "share a file");
	refuse(state,
		TARGET("a", "pem-cert") "path = /x\n"
					"[install:b]\ncertificate = hsm\nformat = pem-cert\npath = "
					"/x\n",
		5, "share a file");
#undef STORE
}

/* A file that an account logs in with has to stay of the kind that the account takes it for. */
static void fits_the_login(void **state)
{
	AUTO(conf)
	struct conf *conf = load(state, TARGET("a", "pkcs12") "path = " LOGIN_STORE "\n" PASSWORD);

	(void)conf;
	refuse(state, TARGET("a", "pem-key") "path = " LOGIN_STORE "\n", 1,
		"client_cert_key_store of account default,format = pkcs12");
	refuse(state, TARGET("a", "jks") "path = " LOGIN_STORE "\n" PASSWORD, 1, "format = pkcs12");
	refuse(state, TARGET("a", "pkcs12") "owner = root\npath = " LOGIN_STORE "\n" PASSWORD, 1,
		"leave out owner");
	refuse(state,
		"[scm:pem]\nurl = https://h\ncustomer_uri = c\norganization_id = 1\nlogin = l\n"
		"client_cert_key_store = /x.pem\nclient_cert_key_store_type = PEM\n" TARGET(
			"a", "pem-combined") "mode = 0640\npath = /x.pem\n",
		8, "account pem,leave out mode");
}

/* An entry beside the one that the account takes would be renewed for nothing, and look like it. */
static void writes_the_entry_of_the_login(void **state)
{
#define STORE(name, alias)                                                                         \
	TARGET(name, "pkcs12") "path = " LOGIN_STORE "\n" PASSWORD "alias = " alias "\n"
#define ALIAS SCENE_ACCOUNT "client_cert_key_alias = scm\n" SCENE_CERT
	AUTO(conf) struct conf *any = load(state, STORE("a", "other"));
	AUTO(conf) struct conf *same = conf_scene_load(*state, STORE("a", "SCM") ALIAS);
	AUTO(conf)
	struct conf *both = conf_scene_load(*state, STORE("a", "other") STORE("b", "scm") ALIAS);

	(void)any;
	(void)same;
	(void)both;
	conf_scene_refuse(
		*state, STORE("a", "other") ALIAS, 1, "alias = other,account default,alias = scm");
#undef ALIAS
#undef STORE
}

/* What failed for one configuration is tried again with another. */
static void counts_in_the_digest(void **state)
{
	AUTO(conf) struct conf *a = load(state, TARGET("a", "pem-cert") "path = /x\n");
	AUTO(conf) struct conf *b = load(state, TARGET("a", "pem-cert") "path = /y\n");

	assert_string_not_equal(a->cert[0].digest, b->cert[0].digest);
	assert_string_equal(a->cert[1].digest, b->cert[1].digest);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, conf_scene_setup, conf_scene_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(has_defaults),
		TEST(takes_all_keys),
		TEST(orders_them),
		TEST(refuses),
		TEST(keeps_paths_apart),
		TEST(fits_the_login),
		TEST(writes_the_entry_of_the_login),
		TEST(counts_in_the_digest),
	};

	return cmocka_run_group_tests_name("conf_install", tests, NULL, NULL);
}
