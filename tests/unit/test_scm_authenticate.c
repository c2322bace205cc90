/* WWW-Authenticate: what names a token endpoint, and all that does not. */
#include "scm/authenticate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scm/headers.h"

#define URL "https://auth.example.com/token"
#define URI "authorization_uri=\"" URL "\""

static const struct {
	const char *value;
	const char *uri; /* NULL: none is found */
} values[] = {
	{ "Bearer realm=\"apiclients\", " URI, URL },
	{ "Bearer realm=\"apiclients\", error=\"invalid_token\", " URI, URL },
	{ "Bearer " URI, URL },
	{ "bearer AUTHORIZATION_URI=\"" URL "\"", URL },
	{ "Bearer\tauthorization_uri = \"" URL "\"", URL },
	{ " , Bearer " URI " , ,", URL },
	{ "Bearer authorization_uri=" URL, URL },
	{ "Bearer authorization_uri=" URL ", realm=x", URL },
	{ "Basic realm=\"a, Bearer \\\"b\\\"\", Bearer " URI, URL },
	{ "Negotiate, Bearer " URI, URL },
	{ "Negotiate YWJjZGVm==, Bearer " URI, URL },
	{ "Bearer realm=x, " URI ", Basic realm=y", URL },
	{ "Bearer, " URI, URL },
	{ "Bearer authorization_uri=\"a\\\"b\"", "a\"b" },
	{ "Bearer authorization_uri=\"http://plain/\"", "http://plain/" },

	/* not what is looked for */
	{ "", NULL },
	{ ",", NULL },
	{ "Bearer", NULL },
	{ "Bearer realm=\"x\"", NULL },
	{ "Basic " URI, NULL },
	{ "Bearer realm=x, Basic realm=y, " URI, NULL },
	{ URI, NULL },
	{ "Bearer x_authorization_uri=\"" URL "\"", NULL },
	{ "Bearer realm=\"authorization_uri=" URL "\"", NULL },
	{ "Bearer authorization_uri=\"\"", NULL },

	/* against the grammar, wherever */
	{ "Bearer authorization_uri=", NULL },
	{ "Bearer authorization_uri=\"" URL, NULL },
	{ "Bearer authorization_uri=\"" URL "\\", NULL },
	{ "Bearer " URI " x", NULL },
	{ "Bearer " URI ", \"", NULL },
	{ "Bearer " URI ", " URI, NULL },
	{ "Bearer " URI " realm=x", NULL },
	{ "Bearer realm=\"x\x01\", " URI, NULL },
	{ "Bearer authorization_uri=\"a\x7f\"", NULL },
	{ "Bearer authorization_uri=\"a\tb\"", NULL },
	{ "Bearer =x, " URI, NULL },
	{ "Bearer realm x, " URI, NULL },
	{ "\xff" URI, NULL },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		char uri[SCM_AUTHORIZATION_URI_MAX + 1];
		bool found = scm_authenticate(uri, values[i].value, strlen(values[i].value));

		if (found != (values[i].uri != NULL))
			fail_msg("'%s'", values[i].value);
		if (found)
			assert_string_equal(uri, values[i].uri);
	}
}

static void test_not_terminated(void **state)
{
	static const char text[] = "Bearer authorization_uri=\"ab\"cd";
	char uri[SCM_AUTHORIZATION_URI_MAX + 1];

	(void)state;
	assert_true(scm_authenticate(uri, text, sizeof(text) - 3));
	assert_string_equal(uri, "ab");
	assert_false(scm_authenticate(uri, text, sizeof(text) - 4));
	assert_false(scm_authenticate(uri, "Bearer authorization_uri=\"a\0b\"", 30));
	assert_false(scm_authenticate(uri, "Bearer \0authorization_uri=a", 27));
}

static void test_lengths(void **state)
{
	char text[2000];
	char uri[SCM_AUTHORIZATION_URI_MAX + 1];

	(void)state;
	for (size_t n = SCM_AUTHORIZATION_URI_MAX - 1; n < SCM_AUTHORIZATION_URI_MAX + 3; n++) {
		int len = snprintf(
			text, sizeof(text), "Bearer authorization_uri=\"%0*d\"", (int)n, 7);

		assert_int_equal(
			scm_authenticate(uri, text, (size_t)len), n <= SCM_AUTHORIZATION_URI_MAX);
	}
}

static void test_in_an_answer(void **state)
{
	static const char *const lines[] = { "HTTP/1.1 401 Unauthorized\r\n",
		"WWW-Authenticate: Basic realm=x\r\n", "www-authenticate: Bearer " URI "\r\n",
		"WWW-Authenticate: Bearer authorization_uri=\"https://other/\"\r\n", "\r\n" };
	struct scm_headers h;

	(void)state;
	scm_headers_init(&h);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		scm_headers_line(&h, lines[i], strlen(lines[i]), 0);
	assert_string_equal(h.authorization_uri, URL);
	scm_headers_line(&h, "HTTP/1.1 200 OK\r\n", 17, 0);
	assert_string_equal(h.authorization_uri, "");
	/* what was read before a mistake is not kept */
	scm_headers_line(&h, "WWW-Authenticate: Bearer " URI " x",
		strlen("WWW-Authenticate: Bearer " URI " x"), 0);
	assert_string_equal(h.authorization_uri, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_not_terminated),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_in_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
