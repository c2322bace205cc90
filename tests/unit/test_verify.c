#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "deploy-hooks/verify.h"

#define TARGET(host, port, address, address_port, protocol)                                        \
	{                                                                                          \
		(char *)(host), port, (char *)(address), address_port, STARTTLS_##protocol         \
	}

static void test_accepted(void **state)
{
	static const struct {
		const char *text;
		struct verify_target expected;
		const char *server_name;
	} cases[] = {
		{ "www.example.com:443", TARGET("www.example.com", 443, NULL, 443, NONE),
			"www.example.com" },
		{ "localhost:1", TARGET("localhost", 1, NULL, 1, NONE), "localhost" },
		{ "_x-1.example.com.:65535", TARGET("_x-1.example.com.", 65535, NULL, 65535, NONE),
			"_x-1.example.com." },
		{ "192.0.2.1:443", TARGET("192.0.2.1", 443, NULL, 443, NONE), "cn" },
		{ "[2001:db8::1]:443", TARGET("2001:db8::1", 443, NULL, 443, NONE), "cn" },
		{ "www.example.com:443@192.0.2.7",
			TARGET("www.example.com", 443, "192.0.2.7", 443, NONE), "www.example.com" },
		{ "www.example.com:443@backend7:8443",
			TARGET("www.example.com", 443, "backend7", 8443, NONE), "www.example.com" },
		{ "www.example.com:443@[::1]:8443",
			TARGET("www.example.com", 443, "::1", 8443, NONE), "www.example.com" },
		{ "[2001:db8::1]:443@[::1]", TARGET("2001:db8::1", 443, "::1", 443, NONE), "cn" },
		{ "smtp://mx.example.com:25", TARGET("mx.example.com", 25, NULL, 25, SMTP),
			"mx.example.com" },
		{ "imap://mx.example.com:143@127.0.0.1",
			TARGET("mx.example.com", 143, "127.0.0.1", 143, IMAP), "mx.example.com" },
		{ "pop3://mx.example.com:110@[::1]:1110",
			TARGET("mx.example.com", 110, "::1", 1110, POP3), "mx.example.com" },
		{ "ldap://[::1]:389", TARGET("::1", 389, NULL, 389, LDAP), "cn" },
		{ "postgres://db:5432", TARGET("db", 5432, NULL, 5432, POSTGRES), "db" },
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
		assert_int_equal(t.protocol, expected->protocol);
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
		{ "https://www.example.com:443", "the scheme is none of smtp" },
		{ "://www.example.com:443", "the scheme is none of smtp" },
		{ "SMTP://www.example.com:25", "the scheme is none of smtp" },
		{ "smtps://www.example.com:25", "the scheme is none of smtp" },
		{ "smt://www.example.com:25", "the scheme is none of smtp" },
		{ "smtp:/www.example.com:25", "no port" },
		{ "smtp://", "no host" },
		{ "smtp://mx.example.com", "no port" },
		{ "smtp://imap://mx.example.com:25", "no port" },
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
