#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dcv/challenge.h"

#define HEX32 "0123456789abcdef0123456789ABCDEF"
#define FOLDER "/.well-known/pki-validation/"
#define FILE_URL "http://example.com" FOLDER HEX32 ".txt"
#define LINE HEX32 HEX32

#define FILE_OF(u, f, s)                                                                           \
	{                                                                                          \
		.type = DCV_HTTP, .domain = "example.com", .url = (u), .first = (f), .second = (s) \
	}
#define RECORD(t, h, p)                                                                            \
	{                                                                                          \
		.type = (t), .domain = "example.com", .host = (h), .point = (p)                    \
	}
#define CNAME(h, p) RECORD(DCV_CNAME, h, p)
#define TXT(h, p) RECORD(DCV_TXT, h, p)
#define CNAME_HOST "_" HEX32 ".example.com."
#define CNAME_POINT HEX32 "." HEX32 ".sectigo.com."
#define TXT_HOST "_pki-validation.example.com."

static void test_accepted(void **state)
{
	static const struct dcv_challenge cases[] = {
		FILE_OF(FILE_URL, LINE, "sectigo.com"),
		FILE_OF("HTTPS://EXAMPLE.com" FOLDER "0.txt", HEX32, "comodoca.com"),
		FILE_OF("http://example.com" FOLDER LINE ".txt", LINE LINE, "sectigo.com"),
		{ DCV_HTTPS, "*.example.com.", NULL, NULL, FILE_URL, LINE, "sectigo.com" },
		CNAME(CNAME_HOST, CNAME_POINT),
		CNAME("_" HEX32 ".EXAMPLE.com", "a.b"),
		{ DCV_CNAME, "*.example.com", CNAME_HOST, CNAME_POINT, NULL, NULL, NULL },
		/* what its type does not use is not looked at */
		{ DCV_CNAME, "example.com", CNAME_HOST, CNAME_POINT, "x", "\n", "\n" },
		TXT(TXT_HOST, "aZ09._~=+/:-"),
		TXT(TXT_HOST, "!\"#$%&'()*,;<>?@[\\]^`{|}~"),
		TXT("_PKI-validation.example.com", "x"),
		RECORD(DCV_EMAIL, NULL, NULL),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };

		if (!dcv_challenge_check(&cases[i], &err))
			fail_msg("%zu: %s", i, err.text);
		assert_int_equal(err.kind, ERR_NONE);
	}
}

struct refused {
	struct dcv_challenge c;
	const char *why;
};

static void assert_refused(const struct refused *r)
{
	struct err err = { 0 };

	if (dcv_challenge_check(&r->c, &err))
		fail_msg("accepted, but \"%s\" is wrong", r->why);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	if (!strstr(err.text, r->why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, r->why);
	assert_null(strchr(err.text, '\n'));
}

static void test_refused_file(void **state)
{
	static const struct refused cases[] = {
		{ FILE_OF(NULL, LINE, "sectigo.com"), "no address" },
		{ FILE_OF("", LINE, "sectigo.com"), "address" },
		{ FILE_OF("ftp://example.com" FOLDER "0.txt", LINE, "sectigo.com"), "address" },
		{ FILE_OF("http://www.example.com" FOLDER "0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com:8080" FOLDER "0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://a@example.com" FOLDER "0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com.evil" FOLDER "0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com./.well-known/pki-validation/0.txt", LINE, "s.com"),
			"address" },
		{ FILE_OF("http://example.co" FOLDER "0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com/0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com/.well-known/acme-challenge/0.txt", LINE, "s.com"),
			"address" },
		{ FILE_OF("http://example.com/.WELL-KNOWN/pki-validation/0.txt", LINE, "s.com"),
			"address" },
		{ FILE_OF("http://example.com" FOLDER "/0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "../0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "..%2f0.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER ".txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "0.html", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "0.txt?x", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "0.txt\n", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "0.txt/", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER "g.txt", LINE, "s.com"), "address" },
		{ FILE_OF("http://example.com" FOLDER LINE "0.txt", LINE, "s.com"), "address" },
		{ FILE_OF(FILE_URL, NULL, "s.com"), "no first line" },
		{ FILE_OF(FILE_URL, "", "s.com"), "first line" },
		{ FILE_OF(FILE_URL, "0123456789abcdef", "s.com"), "first line" },
		{ FILE_OF(FILE_URL, LINE LINE "0", "s.com"), "first line" },
		{ FILE_OF(FILE_URL, LINE "<script>", "s.com"), "first line" },
		{ FILE_OF(FILE_URL, LINE "\n", "s.com"), "first line" },
		{ FILE_OF(FILE_URL, LINE, NULL), "no second line" },
		{ FILE_OF(FILE_URL, LINE, ""), "second line" },
		{ FILE_OF(FILE_URL, LINE, "sectigo.com\nmore"), "second line" },
		{ FILE_OF(FILE_URL, LINE, "<?php"), "second line" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(&cases[i]);
}

static void test_refused_cname(void **state)
{
	static const struct refused cases[] = {
		{ CNAME(NULL, CNAME_POINT), "no host" },
		{ CNAME("", CNAME_POINT), "host" },
		{ CNAME("_", CNAME_POINT), "host" },
		{ CNAME("example.com.", CNAME_POINT), "host" },
		{ CNAME("www.example.com.", CNAME_POINT), "host" },
		{ CNAME(HEX32 ".example.com.", CNAME_POINT), "host" },
		{ CNAME("_acme-challenge.example.com.", CNAME_POINT), "host" },
		{ CNAME("_0123456789abcdef.example.com.", CNAME_POINT), "host" },
		{ CNAME("_" HEX32 ".badexample.com.", CNAME_POINT), "host" },
		{ CNAME("_" HEX32 ".www.example.com.", CNAME_POINT), "host" },
		{ CNAME("_" HEX32 "example.com.", CNAME_POINT), "host" },
		{ CNAME("_" HEX32 ".example.com..", CNAME_POINT), "host" },
		{ CNAME("_" LINE ".example.com.", CNAME_POINT), "host" },
		{ CNAME("_" HEX32 ".example.com.\nupdate delete example.com", CNAME_POINT),
			"host" },
		{ CNAME(CNAME_HOST, NULL), "no target" },
		{ CNAME(CNAME_HOST, ""), "target" },
		{ CNAME(CNAME_HOST, "."), "target" },
		{ CNAME(CNAME_HOST, "a b."), "target" },
		{ CNAME(CNAME_HOST, "a.;b."), "target" },
		{ CNAME(CNAME_HOST, "a.\nb."), "target" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(&cases[i]);
}

static void test_refused_txt(void **state)
{
	static const struct refused cases[] = {
		{ TXT(NULL, "x"), "no host" },
		{ TXT(CNAME_HOST, "x"), "host" },
		{ TXT("_dmarc.example.com.", "x"), "host" },
		{ TXT("_acme-challenge.example.com.", "x"), "host" },
		{ TXT("_pki-validation.www.example.com.", "x"), "host" },
		{ TXT("_pki-validation.badexample.com.", "x"), "host" },
		{ TXT("_pki-validation.example.com..", "x"), "host" },
		{ TXT("_pki-validation.", "x"), "host" },
		{ TXT(TXT_HOST, NULL), "no text" },
		{ TXT(TXT_HOST, ""), "text" },
		{ TXT(TXT_HOST, "a b"), "text" },
		{ TXT(TXT_HOST, "a\nb"), "text" },
		{ TXT(TXT_HOST, "a\x7f"), "text" },
		{ TXT(TXT_HOST, "a\xff"), "text" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(&cases[i]);
}

static void test_refused_domain(void **state)
{
	static const struct refused cases[] = {
		{ { .type = DCV_EMAIL, .domain = "" }, "not a domain" },
		{ { .type = DCV_EMAIL, .domain = "a\nb" }, "a\\x0ab" },
		{ { .type = DCV_EMAIL, .domain = "*.*.example.com" }, "not a domain" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_refused(&cases[i]);
}

static void test_longest_text(void **state)
{
	char text[257] = { 0 };
	struct dcv_challenge c = TXT(TXT_HOST, text);
	struct err err = { 0 };

	(void)state;
	memset(text, 'x', 255);
	assert_true(dcv_challenge_check(&c, &err));
	text[255] = 'x';
	assert_false(dcv_challenge_check(&c, &err));
	assert_non_null(strstr(err.text, "1 to 255"));
}

static void test_types(void **state)
{
	enum dcv_type type = DCV_EMAIL;

	(void)state;
	for (enum dcv_type t = DCV_HTTP; t < DCV_TYPE_COUNT; t++) {
		assert_true(dcv_type_parse(&type, dcv_type_name(t)));
		assert_int_equal(type, t);
	}
	assert_string_equal(dcv_type_name(DCV_CNAME), "CNAME");
	assert_true(dcv_type_parse(&type, "https"));
	assert_int_equal(type, DCV_HTTPS);
	assert_false(dcv_type_parse(&type, "HTTP "));
	assert_false(dcv_type_parse(&type, ""));
	assert_int_equal(type, DCV_HTTPS);
}

static void test_file(void **state)
{
	const struct dcv_challenge c = FILE_OF(FILE_URL, LINE, "sectigo.com");

	(void)state;
	assert_string_equal(dcv_challenge_file(&c), HEX32 ".txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused_file),
		cmocka_unit_test(test_refused_cname),
		cmocka_unit_test(test_refused_txt),
		cmocka_unit_test(test_refused_domain),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
