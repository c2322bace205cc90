/* The client credentials grant: the form, the lifetime, and what token endpoints answer. */
#include "scm/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scm/json_token.h"

static void test_form(void **state)
{
	AUTO(buf_secret) struct buf form = BUF(SCM_TOKEN_FORM_MAX);
	AUTO(secret) struct secret *secret = secret_new("p&ss w\xc3\xb6rd+%=/~\0.", 17);

	(void)state;
	scm_token_form(&form, "key-1_&", secret);
	assert_string_equal(buf_str(&form),
		"grant_type=client_credentials&client_id=key-1_%26&client_secret="
		"p%26ss%20w%C3%B6rd%2B%25%3D%2F~%00.");
}

static void test_lifetimes(void **state)
{
	static const struct {
		int64_t seconds;
		int64_t ms;
	} lifetimes[] = { { 300, 270000 }, { 61, 31000 }, { 60, 30000 }, { 2, 1000 }, { 1, 500 },
		{ 0, 30000 }, { -5, 30000 }, { INT64_MIN, 30000 }, { 3600, 3570000 },
		{ 3601, 3570000 }, { INT64_MAX, 3570000 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lifetimes); i++)
		assert_int_equal(scm_token_lifetime(lifetimes[i].seconds), lifetimes[i].ms);
}

static struct scm_answer answer(long status, const char *body)
{
	return (struct scm_answer) { .label = "token endpoint 'https://a/'",
		.status = status,
		.body = body,
		.len = strlen(body),
		.location = "",
		.authorization_uri = "" };
}

static const struct {
	const char *body;
	const char *token; /* NULL: not understood */
	int64_t ms;
	const char *words;
} tokens[] = {
	{ "{\"access_token\":\"ab.c-d_e~f+g/h==\",\"expires_in\":300,\"token_type\":\"Bearer\"}",
		"ab.c-d_e~f+g/h==", 270000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":300,\"token_type\":\"bearer\",\"x\":[{}]}",
		"abc", 270000, NULL },
	{ "{\"access_token\":\"abc\"}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":null}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":\"300\"}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":-1}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":1e99}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":1.5}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"expires_in\":[]}", "abc", 30000, NULL },
	{ "{\"access_token\":\"abc\",\"token_type\":\"mac\"}", NULL, 0, "token_type" },
	{ "{\"access_token\":\"abc\",\"token_type\":1}", NULL, 0, "token_type" },
	{ "{\"access_token\":\"a\",\"access_token\":\"b\"}", NULL, 0, "twice" },
	{ "{\"access_token\":\"a\",\"expires_in\":1,\"expires_in\":2}", NULL, 0, "twice" },
	{ "{\"access_token\":\"\"}", NULL, 0, "access_token" },
	{ "{\"access_token\":\"==\"}", NULL, 0, "access_token" },
	{ "{\"access_token\":\"a=b\"}", NULL, 0, "access_token" },
	{ "{\"access_token\":\"a b\"}", NULL, 0, "access_token" },
	{ "{\"access_token\":\"a\\r\\nX: y\"}", NULL, 0, "access_token" },
	{ "{\"access_token\":7}", NULL, 0, "access_token" },
	{ "{}", NULL, 0, "access_token" },
	{ "[]", NULL, 0, "no object" },
	{ "<html>", NULL, 0, "JSON" },
	{ "", NULL, 0, "HTTP 200" },
};

static void test_tokens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		AUTO(secret) struct secret *token = NULL;
		struct scm_answer a = answer(200, tokens[i].body);
		struct err err = { 0 };
		int64_t ms = -1;

		if (scm_token_read(&token, &ms, &a, &err) != (tokens[i].token != NULL))
			fail_msg("%s: %s", tokens[i].body, err.text);
		if (tokens[i].token) {
			assert_string_equal(secret_bytes(token), tokens[i].token);
			assert_int_equal(ms, tokens[i].ms);
			continue;
		}
		assert_null(token);
		assert_int_equal(err.kind, ERR_PROTOCOL);
		if (!strstr(err.text, tokens[i].words) || !strstr(err.text, "https://a/"))
			fail_msg("%s: %s", tokens[i].body, err.text);
	}
}

static void test_long_tokens(void **state)
{
	static char body[SCM_TOKEN_MAX + 100];

	(void)state;
	for (int n = SCM_TOKEN_MAX - 1; n < SCM_TOKEN_MAX + 2; n++) {
		AUTO(secret) struct secret *token = NULL;
		struct err err = { 0 };
		struct scm_answer a;
		int64_t ms;

		snprintf(body, sizeof(body), "{\"access_token\":\"%0*d\"}", n, 7);
		a = answer(200, body);
		assert_int_equal(scm_token_read(&token, &ms, &a, &err), n <= SCM_TOKEN_MAX);
	}
}

#define CLIENT "check client_id and client_secret_file"

static const struct {
	long status;
	const char *body;
	enum err_kind kind;
	const char *words;
} refusals[] = {
	{ 401, "{\"error\":\"invalid_client\",\"error_description\":\"Invalid client secret\"}",
		ERR_AUTH, "HTTP 401: invalid_client: Invalid client secret; " CLIENT },
	{ 400, "{\"error\":\"invalid_client\"}", ERR_AUTH, "HTTP 400: invalid_client; " CLIENT },
	{ 400, "{\"error\":\"unauthorized_client\"}", ERR_AUTH, CLIENT },
	{ 400, "{\"error\":\"invalid_grant\"}", ERR_AUTH, CLIENT },
	{ 401, "", ERR_AUTH, "HTTP 401; " CLIENT },
	{ 401, "<html>", ERR_AUTH, CLIENT },
	{ 403, "{\"error\":\"access_denied\"}", ERR_AUTH, CLIENT },
	{ 403, "<html>", ERR_UNAVAILABLE, "HTTP 403" },
	{ 400, "{\"error\":\"unsupported_grant_type\"}", ERR_PROTOCOL, "check token_url" },
	{ 404, "", ERR_PROTOCOL, "check token_url" },
	{ 400, "", ERR_PROTOCOL, "check token_url" },
	{ 408, "", ERR_UNAVAILABLE, "HTTP 408" },
	{ 429, "{\"error\":\"invalid_client\"}", ERR_UNAVAILABLE, "HTTP 429" },
	{ 500, "{\"error\":\"unknown_error\"}", ERR_UNAVAILABLE, "HTTP 500: unknown_error" },
	{ 503, "<html>", ERR_UNAVAILABLE, "HTTP 503" },
	{ 302, "", ERR_PROTOCOL, "not followed" },
	{ 401, "{\"error\":\"a\\u001b[31m\",\"error_description\":\"b\\nc\"}", ERR_AUTH,
		"HTTP 401: a\\x1b[31m: b\\x0ac" },
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct secret *token = NULL;
		struct scm_answer a = answer(refusals[i].status, refusals[i].body);
		struct err err = { 0 };
		int64_t ms;

		assert_false(scm_token_read(&token, &ms, &a, &err));
		if (err.kind != refusals[i].kind || !strstr(err.text, refusals[i].words))
			fail_msg("%ld %s: %s: %s", refusals[i].status, refusals[i].body,
				err_name(err.kind), err.text);
		assert_memory_equal(err.text, "token endpoint 'https://a/': ", 29);
	}
}

static const struct {
	long status;
	const char *uri;
	enum err_kind kind; /* ERR_NONE: found */
	const char *words;
} discoveries[] = {
	{ 401, "https://auth.example.com/token", ERR_NONE, NULL },
	{ 401, "", ERR_PROTOCOL, "set token_url" },
	{ 200, "https://auth.example.com/token", ERR_PROTOCOL, "set token_url" },
	{ 404, "", ERR_PROTOCOL, "check url" },
	{ 503, "", ERR_UNAVAILABLE, "HTTP 503" },
	{ 429, "", ERR_UNAVAILABLE, "HTTP 429" },
	{ 401, "http://auth.example.com/token", ERR_PROTOCOL, "'http://auth.example.com/token'" },
	{ 401, "https://user:secret@auth.example.com/", ERR_PROTOCOL, "no secret was sent" },
	{ 401, "https:///token", ERR_PROTOCOL, "https:///token" },
	{ 401, "file:///etc/passwd", ERR_PROTOCOL, "file:" },
	{ 401, "https://a/?x", ERR_PROTOCOL, "?x" },
	{ 401, "\"\xe2\x80\xae", ERR_PROTOCOL, "\\xe2" },
};

static void test_discoveries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(discoveries); i++) {
		struct scm_answer a = answer(discoveries[i].status, "");
		struct err err = { 0 };
		const char *url = NULL;
		bool ok;

		a.authorization_uri = discoveries[i].uri;
		ok = scm_token_discovered(&url, &a, &err);
		assert_int_equal(ok, discoveries[i].kind == ERR_NONE);
		assert_int_equal(err.kind, discoveries[i].kind);
		if (ok)
			assert_string_equal(url, discoveries[i].uri);
		else if (!strstr(err.text, discoveries[i].words))
			fail_msg("%s: %s", discoveries[i].uri, err.text);
	}
}

static void test_no_answer(void **state)
{
	struct scm_answer a = answer(0, "");
	struct secret *token = NULL;
	struct err err = { 0 };
	const char *url = NULL;
	int64_t ms;

	(void)state;
	err_set(&a.err, ERR_UNAVAILABLE, "timeout");
	assert_false(scm_token_read(&token, &ms, &a, &err));
	assert_string_equal(err.text, "timeout");
	assert_false(scm_token_discovered(&url, &a, &err));
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_lifetimes),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_long_tokens),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_discoveries),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
