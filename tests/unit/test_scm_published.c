/* What a file of a validation may look like, and where it is not even looked for. */
#include "scm/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct wire_published wanted = { .url = "http://127.0.0.1:1/x",
	.first_line = "00ff",
	.second_line = "sectigo.com",
	.connect = "" };

static void expect(const char *text, const char *words)
{
	size_t len = strlen(text);
	struct err err = { 0 };
	char *copy = malloc(len ? len : 1);
	bool ok;

	/* no byte more, so that a sanitizer sees a read beyond */
	assert_non_null(copy);
	memcpy(copy, text, len);
	ok = scm_published_lines(copy, len, &wanted, &err);
	free(copy);
	if (ok != !words)
		fail_msg("'%s': %s", text, ok ? "taken" : err.text);
	if (!ok) {
		assert_int_equal(err.kind, ERR_UNAVAILABLE);
		if (!strstr(err.text, words))
			fail_msg("'%s' is not in: %s", words, err.text);
	}
}

static void test_lines(void **state)
{
	(void)state;
	expect("00ff\nsectigo.com\n", NULL);
	expect("00ff\nsectigo.com", NULL);
	expect("00ff\r\nsectigo.com\r\n", NULL);
	expect("00ff\nsectigo.com\n\r\n\n", NULL);
	expect("", "the first line is missing");
	expect("\n", "the first line is ''");
	expect("00ff", "the second line is missing");
	expect("00ff\n", "the second line is missing");
	expect("00ff\n\nsectigo.com\n", "the second line is ''");
	expect("00FF\nsectigo.com\n", "the first line is '00FF'");
	expect(" 00ff\nsectigo.com\n", "the first line is ' 00ff'");
	expect("00ff \nsectigo.com\n", "the first line is '00ff '");
	expect("00ff\rsectigo.com\n", "the first line is '00ff\\x0dsectigo.com'");
	expect("00ff\nsectigo.co", "the second line is 'sectigo.co'");
	expect("00ff\nsectigo.com\nx\n", "more than two lines");
	expect("00ff\nsectigo.com\n\n \n", "more than two lines");
	expect("\xef\xbb\xbf"
	       "00ff\nsectigo.com\n",
		"the first line is '\\xef\\xbb\\xbf00ff'");
	expect("\x1b[2J<html>\n", "the first line is '\\x1b[2J<html>'");
}

static void test_nul_bytes(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_false(scm_published_lines("00ff\0\nsectigo.com\n", 18, &wanted, &err));
	assert_non_null(strstr(err.text, "'00ff\\x00'"));
	assert_false(scm_published_lines("00ff\nsectigo.com\n\0", 18, &wanted, &err));
}

static void test_quotes_are_cut(void **state)
{
	char text[4096];
	struct err err = { 0 };

	(void)state;
	memset(text, '\a', sizeof(text));
	assert_false(scm_published_lines(text, sizeof(text), &wanted, &err));
	assert_non_null(strstr(err.text, "\\x07' and so on"));
	assert_true(strlen(err.text) < 320);
}

static void refuse(const char *url, const char *connect, enum err_kind kind, const char *words)
{
	struct wire_published p = wanted;
	struct err err = { 0 };

	p.url = url;
	p.connect = connect;
	assert_false(scm_published(&p, &err));
	if (err.kind != kind || !strstr(err.text, words))
		fail_msg("%s, %s: %s", url, connect, err.text);
}

static void test_addresses(void **state)
{
	static const char *const urls[] = { "", "http://", "http:///x", "file:///etc/passwd",
		"ftp://a/x", "HTTP://a/x", "gopher://a/x", "http://user@a/x", "http://u:p@a/x",
		"https://a@b/x", "http://a\\@b/x", "http://a", "http://a?x", "http://a#/x",
		"http://a/\nx", "http://a/ x", "http://a/\x7f", "http://a/\xc3\xa9", "//a/x",
		"a/x" };
	static const char *const routes[] = { "x", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:80x", "localhost:80", "::1:80", "[::1]", "[::1:80",
		"[127.0.0.1]:80", "[]:80", "127.0.0.1:80:127.0.0.1:80", "[::1%lo]:80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++)
		refuse(urls[i], "127.0.0.1:1", ERR_PROTOCOL, "not an address of a file");
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		refuse("http://a/x", routes[i], ERR_CONFIG, "no ADDRESS:PORT");
}

/* Nobody listens at port 1: said with the address, and soon. */
static void test_refused_connection(void **state)
{
	(void)state;
	refuse("http://127.0.0.1:1/x", "", ERR_UNAVAILABLE, "http://127.0.0.1:1/x: ");
	refuse("https://a.example/x", "127.0.0.1:1", ERR_UNAVAILABLE, "https://a.example/x: ");
	refuse("http://a.example/x", "[::1]:1", ERR_UNAVAILABLE, "http://a.example/x: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_quotes_are_cut),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_refused_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
