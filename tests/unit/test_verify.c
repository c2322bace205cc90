#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "deploy-hooks/verify.h"

static void test_accepted(void **state)
{
	static const struct {
		const char *text;
		struct verify_target expected;
		const char *server_name;
	} cases[] = {
		{ "www.example.com:443", { (char *)"www.example.com", 443, NULL, 443 },
			"www.example.com" },
		{ "localhost:1", { (char *)"localhost", 1, NULL, 1 }, "localhost" },
		{ "_x-1.example.com.:65535", { (char *)"_x-1.example.com.", 65535, NULL, 65535 },
			"_x-1.example.com." },
		{ "192.0.2.1:443", { (char *)"192.0.2.1", 443, NULL, 443 }, "cn" },
		{ "[2001:db8::1]:443", { (char *)"2001:db8::1", 443, NULL, 443 }, "cn" },
		{ "www.example.com:443@192.0.2.7",
			{ (char *)"www.example.com", 443, (char *)"192.0.2.7", 443 },
			"www.example.com" },
		{ "www.example.com:443@backend7:8443",
			{ (char *)"www.example.com", 443, (char *)"backend7", 8443 },
			"www.example.com" },
		{ "www.example.com:443@[::1]:8443",
			{ (char *)"www.example.com", 443, (char *)"::1", 8443 },
			"www.example.com" },
		{ "[2001:db8::1]:443@[::1]", { (char *)"2001:db8::1", 443, (char *)"::1", 443 },
			"cn" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct verify_target *expected = &cases[i].expected;
		AUTO(verify_target) struct verify_target t = { 0 };
		struct err err = { 0 };

		if (!verify_parse(&t, cases[i].text, &err))
			fail_msg("%s", err.text);
		assert_string_equal(t.host, expected->host);
		assert_int_equal(t.port, expected->port);
		assert_int_equal(t.address_port, expected->address_port);
		if (expected->address)
			assert_string_equal(t.address, expected->address);
		else
			assert_null(t.address);
		assert_string_equal(verify_server_name(&t, "cn"), cases[i].server_name);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "", "no host" },
		{ ":443", "no host" },
		{ "www.example.com", "no port" },
		{ "www.example.com:", "no port" },
		{ "www.example.com:0", "no port" },
		{ "www.example.com:65536", "no port" },
		{ "www.example.com:443x", "no port" },
		{ "www.example.com:-1", "no port" },
		{ "www.example.com:4294967739", "no port" },
		{ "www.example.com:00000000443", "no port" },
		{ "www.example.com:443/", "no port" },
		{ "www.example.com:443:1", "no port" },
		{ "*.example.com:443", "no host" },
		{ "-x:443", "no host" },
		{ ".example.com:443", "no host" },
		{ "a b:443", "no host" },
		{ "a\nb:443", "no host" },
		{ "b\xc3\xbc"
		  "cher.example:443",
			"no host" },
		{ "2001:db8::1:443", "no port" },
		{ "[2001:db8::1]", "no port" },
		{ "[2001:db8::1:443", "no host" },
		{ "[192.0.2.1]:443", "no host" },
		{ "[]:443", "no host" },
		{ "[fe80::1%eth0]:443", "no host" },
		{ "a:443@", "no address" },
		{ "a:443@:444", "no address" },
		{ "a:443@b:", "not a port" },
		{ "a:443@b:0", "not a port" },
		{ "a:443@b@c", "not a port" },
		{ "a:443@[::1]x", "not a port" },
		{ "a@b:443", "no port" },
		{ "https://www.example.com:443", "unknown scheme" },
		{ "://www.example.com:443", "unknown scheme" },
		{ "SMTP://www.example.com:25", "unknown scheme" },
		{ "smtp://mail.example.com:25", "smtp:// is not supported yet" },
		{ "imap://mail.example.com:143", "imap:// is not supported yet" },
		{ "pop3://mail.example.com:110", "pop3:// is not supported yet" },
		{ "ldap://ldap.example.com:389", "ldap:// is not supported yet" },
		{ "postgres://db.example.com:5432", "postgres:// is not supported yet" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verify_target t = { 0 };
		struct err err = { 0 };

		assert_false(verify_parse(&t, cases[i].text, &err));
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, cases[i].why))
			fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].why);
		assert_null(t.host);
		assert_null(t.address);
	}
}

static void test_longest_name(void **state)
{
	char text[300];
	AUTO(verify_target) struct verify_target t = { 0 };
	struct err err = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 253, ":443", 5);
	assert_true(verify_parse(&t, text, &err));
	assert_int_equal(strlen(t.host), 253);
	memset(text, 'a', sizeof(text));
	memcpy(text + 254, ":443", 5);
	assert_false(verify_parse(&t, text, &err));
	assert_int_equal(strlen(t.host), 253);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
