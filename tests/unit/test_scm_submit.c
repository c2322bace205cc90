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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_submit),
		cmocka_unit_test(test_submit_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
