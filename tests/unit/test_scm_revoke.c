/* Revocation: what counts as done, and what as a refusal. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct wire_request revoke = { .op = WIRE_REVOKE,
	.revoke = { "54", 4, "superseded" } };

static void expect_done(const struct work_scene *s, enum wire_order_state state)
{
	const struct wire_reply *r = work_reply(s);

	if (r->err.kind != ERR_NONE)
		fail_msg("%s", r->err.text);
	assert_string_equal(work_order(s), "54");
	assert_int_equal(r->order_state, state);
	assert_int_equal(r->code, 0);
	assert_false(r->refused);
}

static void test_done(void **state)
{
	static const struct {
		long status;
		const char *body;
	} answers[] = {
		{ 204, "" },
		{ 200, "" },
		{ 200, "{\"x\":1}" },
		{ 202, "done" },
		{ 400, "{\"code\":-159,\"description\":\"Your certificate already revoked\"}" },
		{ 404, "{\"code\":-159}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct work_scene s;

		work_begin(&s, &revoke);
		work_expect_call(&s, "POST", "/ssl/v1/revoke/54");
		assert_false(s.call.order);
		assert_string_equal(
			buf_str(&s.call.body), "{\"reasonCode\":4,\"reason\":\"superseded\"}");
		work_feed(&s, answers[i].status, answers[i].body);
		expect_done(&s, WIRE_ORDER_REVOKED);
		work_end(&s);
	}
}

static const char *details(const char *status)
{
	static char text[128];

	snprintf(text, sizeof(text), "{\"id\":54,\"status\":\"%s\"}", status);
	return text;
}

/* "Only issued certificates could be revoked": no longer, or not yet? */
static void test_not_issued(void **state)
{
	static const struct {
		const char *status;
		enum wire_order_state done; /* NONE: refused */
	} orders[] = {
		{ "Revoked", WIRE_ORDER_REVOKED },
		{ "Expired", WIRE_ORDER_EXPIRED },
		{ "Replaced", WIRE_ORDER_REPLACED },
		{ "Requested", WIRE_ORDER_NONE },
		{ "Applied", WIRE_ORDER_NONE },
		{ "Issued", WIRE_ORDER_NONE },
		{ "Declined", WIRE_ORDER_NONE },
		{ "Unmanaged", WIRE_ORDER_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct work_scene s;

		work_begin(&s, &revoke);
		work_feed(&s, 400, "{\"code\":-102}");
		work_expect_call(&s, "GET", "/ssl/v1/54");
		work_feed(&s, 200, details(orders[i].status));
		if (orders[i].done != WIRE_ORDER_NONE) {
			expect_done(&s, orders[i].done);
		} else {
			work_expect_failure(&s, ERR_REJECTED);
			assert_true(work_reply(&s)->refused);
			assert_int_equal(work_reply(&s)->code, -102);
			assert_non_null(strstr(work_reply(&s)->err.text, orders[i].status));
		}
		work_end(&s);
	}
}

/* Without the details nobody knows: to be tried again. */
static void test_details_fail(void **state)
{
	struct work_scene busy;
	struct work_scene broken;
	struct work_scene other;

	(void)state;
	work_begin(&busy, &revoke);
	work_feed(&busy, 400, "{\"code\":-102}");
	work_feed(&busy, 503, "");
	work_expect_failure(&busy, ERR_UNAVAILABLE);
	assert_false(work_reply(&busy)->refused);
	work_begin(&broken, &revoke);
	work_feed(&broken, 400, "{\"code\":-102}");
	work_feed(&broken, 200, "<html>");
	work_expect_failure(&broken, ERR_PROTOCOL);
	work_begin(&other, &revoke);
	work_feed(&other, 400, "{\"code\":-102}");
	work_feed(&other, 200, "{\"id\":55,\"status\":\"Revoked\"}");
	work_expect_failure(&other, ERR_PROTOCOL);
	work_end(&busy);
	work_end(&broken);
	work_end(&other);
}

static void test_failures(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum err_kind kind;
		bool refused;
	} failures[] = {
		{ 400, "{\"code\":-124}", ERR_REJECTED, true },
		{ 403, "{\"code\":-3}", ERR_REJECTED, true },
		{ 401, "{\"code\":-102}", ERR_AUTH, true },
		{ 500, "{\"code\":-159}", ERR_UNAVAILABLE, false },
		{ 429, "{\"code\":-102}", ERR_UNAVAILABLE, false },
		{ 400, "", ERR_PROTOCOL, false },
		{ 302, "", ERR_PROTOCOL, false },
	};
	struct work_scene lost;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct work_scene s;

		work_begin(&s, &revoke);
		work_feed(&s, failures[i].status, failures[i].body);
		work_expect_failure(&s, failures[i].kind);
		assert_int_equal(work_reply(&s)->refused, failures[i].refused);
		work_end(&s);
	}
	work_begin(&lost, &revoke);
	work_feed_failure(&lost, false);
	work_expect_failure(&lost, ERR_UNAVAILABLE);
	assert_false(work_reply(&lost)->refused || work_reply(&lost)->unsent);
	work_end(&lost);
}

/* What SCM would refuse for its form stays here. */
static void test_refused_here(void **state)
{
	char reason[514];

	(void)state;
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	for (uint32_t code = 0; code <= 10; code++) {
		struct wire_request r = revoke;
		struct work_scene s;

		r.revoke.code = code;
		work_begin(&s, &r);
		if (code == 2 || code > 5)
			work_expect_failure(&s, ERR_CONFIG);
		else
			assert_true(s.going);
		work_end(&s);
	}
	for (int i = 0; i < 3; i++) {
		struct wire_request r = revoke;
		struct work_scene s;

		r.revoke.reason = i == 0 ? "" : i == 1 ? reason : "a\xff";
		work_begin(&s, &r);
		work_expect_failure(&s, ERR_CONFIG);
		assert_non_null(strstr(work_reply(&s)->err.text, "reason"));
		work_end(&s);
	}
}

static void test_enrollment(void **state)
{
	struct wire_request r = revoke;
	struct work_scene s;
	struct work_scene again;

	(void)state;
	r.revoke.id = "a-1";
	work_begin_at(&s, WIRE_ENROLLMENT, &r);
	work_expect_call(&s, "DELETE", "/v1/certificates/a-1");
	assert_string_equal(buf_str(&s.call.body), "{\"reasonCode\":4,\"message\":\"superseded\"}");
	work_feed(&s, 200, "");
	assert_int_equal(work_reply(&s)->order_state, WIRE_ORDER_REVOKED);
	assert_string_equal(work_order(&s), "a-1");
	work_begin_at(&again, WIRE_ENROLLMENT, &r);
	work_feed(&again, 400, "{\"code\":-102}");
	work_expect_call(&again, "GET", "/v1/certificates/a-1/status");
	work_feed(&again, 200, "{\"status\":\"REVOKED\"}");
	assert_int_equal(work_reply(&again)->order_state, WIRE_ORDER_REVOKED);
	work_end(&s);
	work_end(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_not_issued),
		cmocka_unit_test(test_details_fail),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_refused_here),
		cmocka_unit_test(test_enrollment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
