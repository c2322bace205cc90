/* The table of codes and what an answer means: kind, refused, words. */
#include "scm/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scm/errors.h"

/* scm-api.md, 8: these may pass by themselves; all others are final. */
static void test_codes(void **state)
{
	static const int retryable[] = { 0, -2, -14, -65, -103, -109, -129, -140, -183, -195, -196,
		-1400 };
	static const int pending[] = { 0, -103, -109, -183, -1400 };

	(void)state;
	for (int code = 10; code > -8000; code--) {
		const struct scm_code *c = scm_code(code);
		bool again = false;
		bool waits = false;

		for (size_t i = 0; i < ARRAY_LEN(retryable); i++)
			again = again || retryable[i] == code;
		for (size_t i = 0; i < ARRAY_LEN(pending); i++)
			waits = waits || pending[i] == code;
		assert_int_equal(err_retryable(c->kind), again);
		assert_int_equal(c->pending, waits);
		assert_non_null(c->remedy);
		if (!again)
			assert_true(c->kind == ERR_REJECTED || c->kind == ERR_AUTH);
	}
	assert_int_equal(scm_code(-16)->kind, ERR_AUTH);
	assert_int_equal(scm_code(-36)->kind, ERR_REJECTED);
	assert_non_null(strstr(scm_code(-36)->remedy, "terms"));
	assert_int_equal(scm_code(INT64_MIN)->kind, ERR_REJECTED);
}

static struct scm_answer answer(long status, const char *body)
{
	return (struct scm_answer) { .label = "POST /ssl/v1/enroll",
		.status = status,
		.body = body,
		.len = strlen(body),
		.location = "",
		.total = SCM_TOTAL_UNKNOWN,
		.retry_after = 30 };
}

static const struct {
	long status;
	const char *body;
	enum err_kind kind;
	bool refused;
	int64_t code;
	const char *text; /* after the label; %s: the code's remedy */
} cases[] = {
	{ 400, "{\"code\":-36,\"description\":\"The term is invalid.\"}", ERR_REJECTED, true, -36,
		"HTTP 400: code -36: The term is invalid.; %s" },
	{ 400, "{\"code\":-4242}", ERR_REJECTED, true, -4242, "HTTP 400: code -4242" },
	{ 400, "{\"code\":-1400,\"description\":\"later\"}", ERR_UNAVAILABLE, false, -1400,
		"HTTP 400: code -1400: later" },
	{ 401, "{\"code\":-16,\"description\":\"Unknown user\"}", ERR_AUTH, true, -16,
		"HTTP 401: code -16: Unknown user; %s" },
	{ 401, "{\"code\":0}", ERR_AUTH, true, 0, "HTTP 401: code 0" },
	{ 400, "{\"code\":-16}", ERR_AUTH, true, -16, "HTTP 400: code -16; %s" },
	{ 403, "{\"code\":-25}", ERR_REJECTED, true, -25, "HTTP 403: code -25; %s" },
	{ 404, "{\"code\":-111}", ERR_REJECTED, true, -111, "HTTP 404: code -111; %s" },
	{ 429, "{\"code\":-36}", ERR_UNAVAILABLE, false, -36, "HTTP 429: code -36; %s" },
	{ 408, "", ERR_UNAVAILABLE, false, 0, "HTTP 408 without an answer of SCM" },
	{ 425, "", ERR_UNAVAILABLE, false, 0, "HTTP 425 without an answer of SCM" },
	{ 500, "{\"code\":-36}", ERR_UNAVAILABLE, false, -36, "HTTP 500: code -36; %s" },
	{ 503, "upstream connect error\nmore", ERR_UNAVAILABLE, false, 0,
		"HTTP 503 without an answer of SCM: upstream connect error" },
	{ 502, "<html>\nbad gateway", ERR_UNAVAILABLE, false, 0,
		"HTTP 502 without an answer of SCM" },
	{ 599, "", ERR_UNAVAILABLE, false, 0, "HTTP 599 without an answer of SCM" },
	{ 401, "<html>", ERR_AUTH, false, 0,
		"HTTP 401 without an answer of SCM; check the credential" },
	{ 403, "<html>", ERR_UNAVAILABLE, false, 0, "HTTP 403 without an answer of SCM" },
	{ 404, "not \x1b[31mfound", ERR_PROTOCOL, false, 0,
		"HTTP 404 without an answer of SCM: not \\x1b[31mfound; "
		"there is no API of SCM at this address; check url" },
	{ 404, "{\"code\":-1,\"description\":\"Unknown error.\"}", ERR_REJECTED, true, -1,
		"HTTP 404: code -1: Unknown error.; there is no API of SCM at this address; "
		"check url" },
	{ 400, "{\"description\":\"no code\"}", ERR_PROTOCOL, false, 0,
		"HTTP 400 without an answer of SCM: {\"description\":\"no code\"}; check url" },
	{ 400, "[]", ERR_PROTOCOL, false, 0, "HTTP 400 without an answer of SCM: []; check url" },
	{ 302, "", ERR_PROTOCOL, false, 0, "HTTP 302: redirects to '', not followed; check url" },
	{ 304, "{\"code\":-36}", ERR_PROTOCOL, false, 0,
		"HTTP 304: redirects to '', not followed; check url" },
};

static void expect_text(const char *text, const char *form, const char *remedy)
{
	static const char label[] = "POST /ssl/v1/enroll: ";
	const char *at = strstr(form, "%s");
	char whole[ERR_TEXT_MAX];

	snprintf(whole, sizeof(whole), "%s%.*s%s", label,
		(int)(at ? at - form : (long)strlen(form)), form, at ? remedy : "");
	assert_string_equal(text, whole);
	/* a form that names the remedy is of a code that has one */
	assert_true(!at || *remedy);
}

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scm_answer a = answer(cases[i].status, cases[i].body);
		struct wire_reply r = { .id = 1 };

		assert_false(scm_verdict(&r, &a));
		if (r.err.kind != cases[i].kind || r.refused != cases[i].refused ||
			r.code != cases[i].code)
			fail_msg("%ld %s: %s, refused %d: %s", cases[i].status, cases[i].body,
				err_name(r.err.kind), r.refused, r.err.text);
		expect_text(r.err.text, cases[i].text, scm_code(cases[i].code)->remedy);
		assert_false(r.unsent);
		assert_int_equal(r.retry_after, r.err.kind == ERR_UNAVAILABLE ? 30 : 0);
	}
}

static void test_fine(void **state)
{
	(void)state;
	for (long status = 200; status < 300; status++) {
		struct scm_answer a = answer(status, "");
		struct wire_reply r = { .id = 1 };

		assert_true(scm_verdict(&r, &a));
		assert_int_equal(r.err.kind, ERR_NONE);
	}
}

static void test_no_answer(void **state)
{
	struct scm_answer a = answer(0, "");
	struct wire_reply r = { .id = 1 };

	(void)state;
	err_set(&a.err, ERR_UNAVAILABLE, "refused");
	a.unsent = true;
	assert_false(scm_verdict(&r, &a));
	assert_int_equal(r.err.kind, ERR_UNAVAILABLE);
	assert_int_equal(r.retry_after, 30);
	assert_true(r.unsent);
	assert_false(r.refused);
}

/* A refusal names what this account comes with; other failures know better by their code. */
static void test_remedy_of_the_login(void **state)
{
	static const struct {
		long status;
		const char *body;
		bool ours;
	} answers[] = { { 401, "{\"code\":-16,\"description\":\"Unknown user\"}", true },
		{ 401, "<html>", true }, { 400, "{\"code\":-16}", true },
		{ 400, "{\"code\":-36}", false }, { 503, "", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct scm_answer a = answer(answers[i].status, answers[i].body);
		struct wire_reply r = { .id = 1 };

		a.remedy = "check client_id";
		assert_false(scm_verdict(&r, &a));
		assert_int_equal(strstr(r.err.text, "; check client_id") != NULL, answers[i].ours);
	}
}

/* However long the words of a server are, the label and the code stay. */
static void test_long_words(void **state)
{
	char body[100100];
	struct scm_answer a;
	struct wire_reply r = { .id = 1 };
	struct wire_reply moved = { .id = 1 };
	char where[300];
	size_t len;

	(void)state;
	len = (size_t)snprintf(body, sizeof(body), "{\"code\":-36,\"description\":\"");
	memset(body + len, 'x', 100000);
	memcpy(body + len + 100000, "\"}", 3);
	a = answer(400, body);
	assert_false(scm_verdict(&r, &a));
	assert_int_equal(r.code, -36);
	assert_memory_equal(r.err.text, "POST /ssl/v1/enroll: HTTP 400: code -36: xxx", 44);
	assert_non_null(strstr(r.err.text, "choose one of the profile's terms"));
	memset(where, '\x1b', sizeof(where) - 1);
	where[sizeof(where) - 1] = '\0';
	a = answer(301, "");
	a.location = where;
	assert_false(scm_verdict(&moved, &a));
	assert_non_null(strstr(moved.err.text, "redirects to '\\x1b\\x1b"));
	assert_non_null(strstr(moved.err.text, "not followed"));
}

/* More than a JSON answer may hold is not read as one. */
static void test_large_error(void **state)
{
	static char body[300000];
	struct scm_answer a;
	struct wire_reply r = { .id = 1 };
	size_t len = (size_t)snprintf(body, sizeof(body), "{\"code\":-36,\"x\":\"");

	(void)state;
	memset(body + len, 'x', sizeof(body) - len - 3);
	memcpy(body + sizeof(body) - 3, "\"}", 3);
	a = answer(400, body);
	assert_false(scm_verdict(&r, &a));
	assert_int_equal(r.err.kind, ERR_PROTOCOL);
	assert_false(r.refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_fine),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_remedy_of_the_login),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_large_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
