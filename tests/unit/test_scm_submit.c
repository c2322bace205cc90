/* Orders as chains of calls: enroll, renew, replace, at either API. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- submit ---------------------------------------------------------------------------------- */

static const struct wire_request submit = { .op = WIRE_SUBMIT,
	.submit = { .kind = WIRE_ENROLL,
		.org_id = 1,
		.profile = 2,
		.csr = "MIIB",
		.names = "",
		.comments = "",
		.external_requester = "" } };

static void test_submit(void **state)
{
	struct work_scene s;

	(void)state;
	work_begin(&s, &submit);
	work_expect_call(&s, "POST", "/ssl/v1/enroll");
	assert_true(s.call.order);
	work_feed(&s, 200, "{\"sslId\":55}");
	assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&s), "55");
	work_end(&s);
}

static void test_submit_verdicts(void **state)
{
	struct work_scene unsent;
	struct work_scene refused;
	struct work_scene unclear;
	struct work_scene local;
	struct wire_request bad = submit;

	(void)state;
	work_begin(&unsent, &submit);
	work_feed_failure(&unsent, false);
	work_expect_failure(&unsent, ERR_UNAVAILABLE);
	assert_true(work_reply(&unsent)->unsent);
	work_begin(&refused, &submit);
	work_feed(&refused, 400, "{\"code\":-36}");
	work_expect_failure(&refused, ERR_REJECTED);
	assert_true(work_reply(&refused)->refused);
	work_begin(&unclear, &submit);
	work_feed(&unclear, 200, "{}");
	work_expect_failure(&unclear, ERR_PROTOCOL);
	assert_false(work_reply(&unclear)->refused || work_reply(&unclear)->unsent);
	bad.submit.org_id = 0;
	work_begin(&local, &bad);
	work_expect_failure(&local, ERR_CONFIG);
	assert_true(work_reply(&local)->unsent);
	work_end(&unsent);
	work_end(&refused);
	work_end(&unclear);
	work_end(&local);
}

/* ---- renew ----------------------------------------------------------------------------------- */

static struct wire_request follow(enum wire_submit_kind kind, const char *order)
{
	struct wire_request r = submit;

	r.submit.kind = kind;
	r.submit.order = order;
	r.submit.reason = "new key";
	return r;
}

static void test_renew(void **state)
{
	const struct wire_request r = follow(WIRE_RENEW, "54");
	struct work_scene s;

	(void)state;
	work_begin(&s, &r);
	work_expect_call(&s, "POST", "/ssl/v1/renewById/54");
	assert_true(s.call.order);
	work_feed(&s, 200, "{\"sslId\":74}");
	assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
	assert_string_equal(work_order(&s), "74");
	work_end(&s);
}

/* What says no to this renewal says nothing against a new order, which is as careful as any. */
static void test_renew_falls_back(void **state)
{
	static const int codes[] = { -180, -123, -105, -130, -124, -5101 };
	const struct wire_request r = follow(WIRE_RENEW, "54");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct work_scene s;
		char body[32];

		snprintf(body, sizeof(body), "{\"code\":%d}", codes[i]);
		work_begin(&s, &r);
		work_feed(&s, 400, body);
		work_expect_call(&s, "POST", "/ssl/v1/enroll");
		assert_true(s.call.order);
		assert_non_null(strstr(buf_str(&s.call.body), "\"orgId\":1"));
		work_feed(&s, 200, "{\"sslId\":75}");
		assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
		assert_int_equal(work_reply(&s)->code, 0);
		assert_string_equal(work_order(&s), "75");
		work_end(&s);
	}
}

static const struct {
	long status;
	const char *body;
	enum err_kind kind;
	bool refused;
} no_order[] = {
	{ 400, "{\"code\":-36}", ERR_REJECTED, true },
	{ 403, "{\"code\":-3}", ERR_REJECTED, true },
	{ 401, "{\"code\":-180}", ERR_AUTH, true },
	{ 400, "{\"code\":-1400}", ERR_UNAVAILABLE, false },
	{ 500, "{\"code\":-180}", ERR_UNAVAILABLE, false },
	{ 429, "{\"code\":-180}", ERR_UNAVAILABLE, false },
	{ 404, "<html>", ERR_PROTOCOL, false },
	{ 302, "", ERR_PROTOCOL, false },
	{ 200, "<html>", ERR_PROTOCOL, false },
	{ 200, "{\"sslId\":\"74\"}", ERR_PROTOCOL, false },
	{ 200, "{\"certId\":\"74\"}", ERR_PROTOCOL, false },
	{ 200, "{}", ERR_PROTOCOL, false },
};

static void expect_verdict(const struct work_scene *s, enum err_kind kind, bool refused)
{
	work_expect_failure(s, kind);
	assert_int_equal(work_reply(s)->refused, refused);
	assert_false(work_reply(s)->unsent);
}

/* Each kind of order, and the second order of a renewal, is judged by the same rule. */
static void test_no_order(void **state)
{
	const struct wire_request kinds[] = { submit, follow(WIRE_RENEW, "54"),
		follow(WIRE_REPLACE, "54") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_order); i++) {
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			struct work_scene s;

			work_begin(&s, &kinds[k]);
			work_feed(&s, no_order[i].status, no_order[i].body);
			expect_verdict(&s, no_order[i].kind, no_order[i].refused);
			work_end(&s);
		}
		struct work_scene second;

		work_begin(&second, &kinds[1]);
		work_feed(&second, 400, "{\"code\":-180}");
		work_feed(&second, no_order[i].status, no_order[i].body);
		expect_verdict(&second, no_order[i].kind, no_order[i].refused);
		work_end(&second);
	}
}

/* The second no is the last: no third order, however often SCM says that it does not renew. */
static void test_renew_falls_back_once(void **state)
{
	const struct wire_request r = follow(WIRE_RENEW, "54");
	struct work_scene refused;
	struct work_scene lost;
	struct work_scene bad;
	struct wire_request nameless = follow(WIRE_RENEW, "54");

	(void)state;
	work_begin(&refused, &r);
	work_feed(&refused, 400, "{\"code\":-180}");
	work_feed(&refused, 400, "{\"code\":-180}");
	expect_verdict(&refused, ERR_REJECTED, true);
	work_begin(&lost, &r);
	work_feed(&lost, 400, "{\"code\":-180}");
	work_feed_failure(&lost, false);
	work_expect_failure(&lost, ERR_UNAVAILABLE);
	assert_true(work_reply(&lost)->unsent);
	assert_false(work_reply(&lost)->refused);
	/* what enrolling needs may be missing: then nothing was ordered either */
	nameless.submit.org_id = 0;
	work_begin(&bad, &nameless);
	work_feed(&bad, 400, "{\"code\":-180}");
	work_expect_failure(&bad, ERR_CONFIG);
	assert_true(work_reply(&bad)->unsent);
	assert_false(work_reply(&bad)->refused);
	work_end(&refused);
	work_end(&lost);
	work_end(&bad);
}

/* Taken, but which order it became is not told. */
static void test_renew_without_id(void **state)
{
	static const long statuses[] = { 200, 202, 204 };
	const struct wire_request r = follow(WIRE_RENEW, "54");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed(&s, statuses[i], i ? "" : " \r\n");
		expect_verdict(&s, ERR_PROTOCOL, false);
		assert_non_null(strstr(work_reply(&s)->err.text, "the order may exist"));
		work_end(&s);
	}
}

/* ---- replace --------------------------------------------------------------------------------- */

static void test_replace(void **state)
{
	static const struct {
		long status;
		const char *body;
		const char *order;
	} answers[] = {
		{ 204, "", "54" },
		{ 200, "", "54" },
		{ 200, "\n", "54" },
		{ 200, "{\"sslId\":54}", "54" },
		{ 200, "{\"sslId\":77,\"renewId\":\"x\"}", "77" },
	};
	const struct wire_request r = follow(WIRE_REPLACE, "54");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_expect_call(&s, "POST", "/ssl/v1/replace/54");
		assert_true(s.call.order);
		work_feed(&s, answers[i].status, answers[i].body);
		assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
		assert_string_equal(work_order(&s), answers[i].order);
		work_end(&s);
	}
}

/* A replacement that is refused stays refused: only a renewal has something to fall back on. */
static void test_replace_refused(void **state)
{
	static const char *const bodies[] = { "{\"code\":-180}", "{\"code\":-130}",
		"{\"code\":-1148}", "{\"code\":-124}" };
	const struct wire_request r = follow(WIRE_REPLACE, "54");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct work_scene s;

		work_begin(&s, &r);
		work_feed(&s, 400, bodies[i]);
		expect_verdict(&s, ERR_REJECTED, true);
		work_end(&s);
	}
}

/* ---- the Enrollment API ---------------------------------------------------------------------- */

static void test_enrollment(void **state)
{
	static const struct {
		enum wire_submit_kind kind;
		const char *path;
	} calls[] = {
		{ WIRE_ENROLL, "/v1/certificates" },
		{ WIRE_RENEW, "/v1/certificates/a-1/renew" },
		{ WIRE_REPLACE, "/v1/certificates/a-1/replace" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		const struct wire_request r = follow(calls[i].kind, "a-1");
		struct work_scene s;
		struct work_scene empty;
		struct work_scene number;

		work_begin_at(&s, WIRE_ENROLLMENT, &r);
		work_expect_call(&s, "POST", calls[i].path);
		assert_true(s.call.order);
		work_feed(&s, 200, "{\"certId\":\"Xy_9~.-\"}");
		assert_int_equal(work_reply(&s)->err.kind, ERR_NONE);
		assert_string_equal(work_order(&s), "Xy_9~.-");
		work_end(&s);
		/* there, even a replacement has an id of its own */
		work_begin_at(&empty, WIRE_ENROLLMENT, &r);
		work_feed(&empty, 200, "");
		expect_verdict(&empty, ERR_PROTOCOL, false);
		work_end(&empty);
		work_begin_at(&number, WIRE_ENROLLMENT, &r);
		work_feed(&number, 200, "{\"certId\":55}");
		expect_verdict(&number, ERR_PROTOCOL, false);
		work_end(&number);
	}
}

/* An id goes into paths of later requests. */
static void test_hostile_ids(void **state)
{
	static const char *const ids[] = { ".", "..", "a/b", "a?b", "a#b", "a%2e", "a b", "\\u00e9",
		"a\\nb", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct work_scene s;
		char body[64];

		snprintf(body, sizeof(body), "{\"certId\":\"%s\"}", ids[i]);
		work_begin_at(&s, WIRE_ENROLLMENT, &submit);
		work_feed(&s, 200, body);
		expect_verdict(&s, ERR_PROTOCOL, false);
		work_end(&s);
	}
}

static void test_enrollment_falls_back(void **state)
{
	const struct wire_request r = follow(WIRE_RENEW, "a-1");
	struct work_scene s;

	(void)state;
	work_begin_at(&s, WIRE_ENROLLMENT, &r);
	work_feed(&s, 404, "{\"code\":-5101}");
	work_expect_call(&s, "POST", "/v1/certificates");
	work_feed(&s, 200, "{\"certId\":\"b-2\"}");
	assert_string_equal(work_order(&s), "b-2");
	work_end(&s);
}

/* An id of the Enrollment API is none of the other. */
static void test_id_of_the_other_api(void **state)
{
	const struct wire_request r = follow(WIRE_REPLACE, "a-1");
	struct work_scene s;

	(void)state;
	work_begin(&s, &r);
	work_expect_failure(&s, ERR_CONFIG);
	assert_true(work_reply(&s)->unsent);
	work_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_submit_verdicts),
		cmocka_unit_test(test_renew),
		cmocka_unit_test(test_renew_falls_back),
		cmocka_unit_test(test_no_order),
		cmocka_unit_test(test_renew_falls_back_once),
		cmocka_unit_test(test_renew_without_id),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_replace_refused),
		cmocka_unit_test(test_enrollment),
		cmocka_unit_test(test_hostile_ids),
		cmocka_unit_test(test_enrollment_falls_back),
		cmocka_unit_test(test_id_of_the_other_api),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
