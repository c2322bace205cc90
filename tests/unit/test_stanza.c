#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "deploy-hooks/stanza.h"

typedef bool (*stanza_fn)(struct buf *out, const struct stanza *s, struct err *err);

static void assert_stanza(stanza_fn fn, const struct stanza *s, const char *expected)
{
	AUTO(buf) struct buf out = BUF(4096);
	struct err err = { 0 };

	if (!fn(&out, s, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_str(&out), expected);
}

static void test_file_key(void **state)
{
	const struct stanza s = {
		.include_path = "/s/live/www/x.conf",
		.fullchain_path = "/s/live/www/fullchain.pem",
		.key_path = "/s/live/www/privkey.pem",
	};

	(void)state;
	assert_stanza(stanza_nginx, &s,
		"# Made by scm-agent, and made anew with each certificate: do not edit.\n"
		"# To use it, write inside server { }:  include \"/s/live/www/x.conf\";\n"
		"ssl_certificate \"/s/live/www/fullchain.pem\";\n"
		"ssl_certificate_key \"/s/live/www/privkey.pem\";\n");
	assert_stanza(stanza_apache, &s,
		"# Made by scm-agent, and made anew with each certificate: do not edit.\n"
		"# To use it, write inside <VirtualHost>:  Include \"/s/live/www/x.conf\"\n"
		"SSLCertificateFile \"/s/live/www/fullchain.pem\"\n"
		"SSLCertificateKeyFile \"/s/live/www/privkey.pem\"\n");
}

static void test_token_key(void **state)
{
	const struct stanza s = {
		.fullchain_path = "/s/fullchain.pem",
		.key_uri = "pkcs11:token=web;id=%01",
	};

	(void)state;
	assert_stanza(stanza_nginx, &s,
		"# Made by scm-agent, and made anew with each certificate: do not edit.\n"
		"# To use it, write inside server { }:  include \"this file\";\n"
		"ssl_certificate \"/s/fullchain.pem\";\n"
		"ssl_certificate_key \"engine:pkcs11:pkcs11:token=web;id=%01;type=private\";\n"
		"# Instead, for an OpenSSL provider in place of the engine (nginx >= 1.29):\n"
		"# ssl_certificate_key \"store:pkcs11:token=web;id=%01;type=private\";\n");
	assert_stanza(stanza_apache, &s,
		"# Made by scm-agent, and made anew with each certificate: do not edit.\n"
		"# To use it, write inside <VirtualHost>:  Include \"this file\"\n"
		"SSLCertificateFile \"/s/fullchain.pem\"\n"
		"SSLCertificateKeyFile \"pkcs11:token=web;id=%01;type=private\"\n");
}

/* The line that names the key, as Apache has it. */
static void assert_uri(const char *uri, const char *written)
{
	const struct stanza s = { .fullchain_path = "/c", .key_uri = uri };
	AUTO(buf) struct buf out = BUF(4096);
	struct err err = { 0 };

	if (!stanza_apache(&out, &s, &err))
		fail_msg("%s", err.text);
	if (!strstr(buf_str(&out), written))
		fail_msg("no %s in %s", written, buf_str(&out));
}

static void test_uri_forms(void **state)
{
	(void)state;
	assert_uri("pkcs11:type=private;id=%01", "\"pkcs11:type=private;id=%01\"\n");
	assert_uri("pkcs11:id=%01;type=private", "\"pkcs11:id=%01;type=private\"\n");
	assert_uri("pkcs11:object=mytype=x;id=%01",
		"\"pkcs11:object=mytype=x;id=%01;type=private\"\n");
	/* a PIN that came along must not land in a file that others read */
	assert_uri("pkcs11:id=%01?pin-value=1234", "\"pkcs11:id=%01;type=private\"\n");
	assert_uri("pkcs11:id=%01?x=;type=private", "\"pkcs11:id=%01;type=private\"\n");
	assert_uri("pkcs11:object=a\"b\\c", "\"pkcs11:object=a\\\"b\\\\c;type=private\"\n");
}

static void test_quoting(void **state)
{
	const struct stanza s = {
		.fullchain_path = "/a b/\"c\"/d\\e;#{}'\xc3\xa4",
		.key_path = "/\\",
	};

	(void)state;
	assert_stanza(stanza_nginx, &s,
		"# Made by scm-agent, and made anew with each certificate: do not edit.\n"
		"# To use it, write inside server { }:  include \"this file\";\n"
		"ssl_certificate \"/a b/\\\"c\\\"/d\\\\e;#{}'\xc3\xa4\";\n"
		"ssl_certificate_key \"/\\\\\";\n");
}

static void test_refused(void **state)
{
	static const struct stanza cases[] = {
		{ .fullchain_path = "relative", .key_path = "/k" },
		{ .fullchain_path = "", .key_path = "/k" },
		{ .fullchain_path = "/c", .key_path = "engine:pkcs11:x" },
		{ .fullchain_path = "/c$host", .key_path = "/k" },
		{ .fullchain_path = "/c", .key_path = "/k${x}" },
		{ .fullchain_path = "/c\nssl_engine x;", .key_path = "/k" },
		{ .fullchain_path = "/c", .key_path = "/k\r" },
		{ .fullchain_path = "/c", .key_path = "/k\x7f" },
		{ .include_path = "/i\n", .fullchain_path = "/c", .key_path = "/k" },
		{ .include_path = "i", .fullchain_path = "/c", .key_path = "/k" },
		{ .fullchain_path = "/c", .key_uri = "/k" },
		{ .fullchain_path = "/c", .key_uri = "pkcs11:object=$a" },
		{ .fullchain_path = "/c", .key_uri = "pkcs11:object=a\nb" },
	};
	static const stanza_fn functions[] = { stanza_nginx, stanza_apache };

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		AUTO(buf) struct buf out = BUF(4096);
		struct err err = { 0 };

		assert_false(functions[i % 2](&out, &cases[i / 2], &err));
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_int_equal(out.len, 0);
	}
}

static void test_bounded(void **state)
{
	const struct stanza s = { .fullchain_path = "/c", .key_path = "/k" };
	AUTO(buf) struct buf out = BUF(16);
	struct err err = { 0 };

	(void)state;
	assert_false(stanza_nginx(&out, &s, &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_key),
		cmocka_unit_test(test_token_key),
		cmocka_unit_test(test_uri_forms),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
