/* Requests for domain control validation as bytes. */
#include "scm/request_dcv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect(const struct wire_dcv *d, bool older, const char *path, const char *body)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	if (!scm_request_dcv(&c, d, older, &err))
		fail_msg("%s", err.text);
	assert_string_equal(c.method, "POST");
	assert_string_equal(buf_str(&c.path), path);
	assert_string_equal(buf_str(&c.body), body);
	assert_true(c.order == (d->action != WIRE_DCV_STATUS));
}

static void test_each_step(void **state)
{
	static const struct {
		enum wire_dcv_action action;
		enum wire_dcv_method method;
		const char *path;
	} steps[] = {
		{ WIRE_DCV_STATUS, 0, "/dcv/v2/validation/status" },
		{ WIRE_DCV_STATUS, WIRE_DCV_TXT, "/dcv/v2/validation/status" },
		{ WIRE_DCV_CLEAR, 0, "/dcv/v2/validation/clear" },
		{ WIRE_DCV_START, WIRE_DCV_HTTP, "/dcv/v2/validation/start/domain/http" },
		{ WIRE_DCV_START, WIRE_DCV_HTTPS, "/dcv/v2/validation/start/domain/https" },
		{ WIRE_DCV_START, WIRE_DCV_CNAME, "/dcv/v2/validation/start/domain/cname" },
		{ WIRE_DCV_START, WIRE_DCV_TXT, "/dcv/v2/validation/start/domain/txt" },
		{ WIRE_DCV_START, WIRE_DCV_EMAIL, "/dcv/v2/validation/start/domain/email" },
		{ WIRE_DCV_SUBMIT, WIRE_DCV_HTTP, "/dcv/v2/validation/submit/domain/http" },
		{ WIRE_DCV_SUBMIT, WIRE_DCV_TXT, "/dcv/v2/validation/submit/domain/txt" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct wire_dcv d = { .action = steps[i].action,
			.method = steps[i].method,
			.domain = "example.com",
			.email = "" };

		expect(&d, false, steps[i].path, "{\"domain\":\"example.com\"}");
	}
}

static void test_older(void **state)
{
	const struct wire_dcv d = {
		.action = WIRE_DCV_STATUS, .domain = "*.example.com", .email = ""
	};

	(void)state;
	expect(&d, true, "/dcv/v1/validation/status", "{\"domain\":\"*.example.com\"}");
}

static void test_email(void **state)
{
	struct wire_dcv d = { .action = WIRE_DCV_SUBMIT,
		.method = WIRE_DCV_EMAIL,
		.domain = "example.com",
		.email = "\"a\\\"@example.com" };

	(void)state;
	expect(&d, false, "/dcv/v2/validation/submit/domain/email",
		"{\"domain\":\"example.com\",\"email\":\"\\\"a\\\\\\\"@example.com\"}");
	d.action = WIRE_DCV_START;
	d.email = "";
	expect(&d, false, "/dcv/v2/validation/start/domain/email", "{\"domain\":\"example.com\"}");
}

static void refuse(const char *domain, const char *email, const char *words)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	const struct wire_dcv d = { .action = WIRE_DCV_SUBMIT,
		.method = WIRE_DCV_EMAIL,
		.domain = domain,
		.email = email };
	struct err err = { 0 };

	assert_false(scm_request_dcv(&c, &d, false, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, words));
}

static void test_refused(void **state)
{
	char over[257];

	(void)state;
	memset(over, 'x', sizeof(over) - 1);
	over[sizeof(over) - 1] = '\0';
	refuse("", "a@example.com", "domain");
	refuse(over, "a@example.com", "domain");
	refuse("\xff", "a@example.com", "domain");
	refuse("example.com", "", "e-mail");
	refuse("example.com", over, "e-mail");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_step),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_email),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
