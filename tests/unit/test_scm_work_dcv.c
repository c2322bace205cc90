/* Steps of a validation as chains of calls: fallbacks, refusals, answers that are none. */
#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void begin_dcv(
	struct work_scene *s, enum wire_dcv_action action, enum wire_dcv_method method)
{
	const struct wire_request r = { .op = WIRE_DCV,
		.dcv = { .action = action,
			.method = method,
			.domain = "example.com",
			.email = "a@example.com" } };

	work_begin(s, &r);
}

static void test_dcv(void **state)
{
	struct work_scene s;
	const struct wire_reply *r;

	(void)state;
	begin_dcv(&s, WIRE_DCV_SUBMIT, WIRE_DCV_EMAIL);
	work_expect_call(&s, "POST", "/dcv/v2/validation/submit/domain/email");
	work_feed(&s, 200,
		"{\"status\":\"Not validated\",\"orderStatus\":\"Submitted\",\"message\":\"m\"}");
	r = work_expect_rows(&s, 1, WIRE_DCV_COLUMNS);
	assert_string_equal(r->cell[0], "NOT_VALIDATED");
	assert_string_equal(r->cell[1], "SUBMITTED");
	assert_string_equal(r->cell[9], "m");
	work_end(&s);
}

static void test_dcv_older(void **state)
{
	struct work_scene s;

	(void)state;
	begin_dcv(&s, WIRE_DCV_STATUS, 0);
	work_feed(&s, 404, "");
	work_expect_call(&s, "POST", "/dcv/v1/validation/status");
	assert_string_equal(buf_str(&s.call.body), "{\"domain\":\"example.com\"}");
	work_feed(&s, 200, "{\"status\":\"VALIDATED\",\"orderStatus\":\"NOT_INITIATED\"}");
	work_expect_rows(&s, 1, WIRE_DCV_COLUMNS);
	work_end(&s);
	begin_dcv(&s, WIRE_DCV_START, WIRE_DCV_TXT);
	work_feed(&s, 404, "");
	work_expect_call(&s, "POST", "/dcv/v1/validation/start/domain/txt");
	work_feed(&s, 404, "{\"code\":-727}");
	work_expect_no_rows(&s, ERR_REJECTED, "add the domain in SCM");
	work_end(&s);
}

static void test_dcv_refusals(void **state)
{
	static const struct {
		int code;
		const char *remedy;
	} codes[] = {
		{ -3, "privilege" },
		{ -723, "validate the registered domain" },
		{ -724, "does not allow it now" },
		{ -727, "add the domain in SCM" },
		{ -1608, "ask SCM support" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct work_scene s;
		char body[64];

		snprintf(body, sizeof(body), "{\"code\":%d,\"description\":\"d\"}", codes[i].code);
		begin_dcv(&s, WIRE_DCV_START, WIRE_DCV_CNAME);
		work_feed(&s, 400, body);
		work_expect_no_rows(&s, ERR_REJECTED, codes[i].remedy);
		assert_int_equal(s.work->reply.code, codes[i].code);
		work_end(&s);
	}
}

static void test_dcv_not_understood(void **state)
{
	static const char *const bodies[] = { "", "[]", "<html>", "{\"status\":5}",
		"{\"orderStatus\":\"SUBMITTED\"}", "{\"status\":\"\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct work_scene s;

		begin_dcv(&s, WIRE_DCV_STATUS, 0);
		work_feed(&s, 200, bodies[i]);
		work_expect_no_rows(&s, ERR_PROTOCOL, "CALL: HTTP 200");
		work_end(&s);
	}
}

static void test_dcv_refused_here(void **state)
{
	const struct wire_request r = { .op = WIRE_DCV,
		.dcv = { .action = WIRE_DCV_STATUS, .domain = "", .email = "" } };
	struct work_scene s;

	(void)state;
	work_begin(&s, &r);
	work_expect_no_rows(&s, ERR_CONFIG, "domain");
	work_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dcv),
		cmocka_unit_test(test_dcv_older),
		cmocka_unit_test(test_dcv_refusals),
		cmocka_unit_test(test_dcv_not_understood),
		cmocka_unit_test(test_dcv_refused_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
