/* Requests as bytes: compared with the shapes and limits of SCM's contract. */
#include "scm/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "scm/json_text.h"

#define CSR "-----BEGIN CERTIFICATE REQUEST-----\nMIIB+/a=\n-----END CERTIFICATE REQUEST-----\n"

static struct wire_submit plain(void)
{
	return (struct wire_submit) { .kind = WIRE_ENROLL,
		.org_id = 103,
		.profile = 1013,
		.term = 365,
		.order = "",
		.csr = CSR,
		.common_name = "",
		.names = "",
		.comments = "",
		.reason = "",
		.external_requester = "",
		.dcv_mode = "",
		.dcv_email = "" };
}

static void expect_body(const struct wire_submit *s, const char *body)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	char label[SCM_LABEL_MAX];
	struct err err = { 0 };

	if (!scm_api_admin.enroll(&c, s, &err))
		fail_msg("%s", err.text);
	assert_string_equal(c.method, "POST");
	assert_string_equal(buf_str(&c.path), "/ssl/v1/enroll");
	assert_string_equal(scm_call_label(label, &c), "POST /ssl/v1/enroll");
	assert_true(c.order);
	assert_string_equal(buf_str(&c.body), body);
}

#define CSR_JSON                                                                                   \
	"\"csr\":\"-----BEGIN CERTIFICATE REQUEST-----\\nMIIB+/a=\\n"                              \
	"-----END CERTIFICATE REQUEST-----\""

static void test_enroll_least(void **state)
{
	struct wire_submit s = plain();

	(void)state;
	expect_body(&s, "{\"orgId\":103,\"certType\":1013,\"term\":365," CSR_JSON "}");
	s.term = 0;
	expect_body(&s, "{\"orgId\":103,\"certType\":1013," CSR_JSON "}");
}

static void test_enroll_everything(void **state)
{
	struct wire_submit s = plain();

	(void)state;
	s.names = "ccmqa.com,www.ccmqa.com";
	s.comments = "a \"b\" \\ c\n\x01\x7f \xc3\xa9";
	s.external_requester = "a@example.com, b@example.com";
	s.field_count = 2;
	s.field[0] = (struct wire_field) { "custom field", "custom field value" };
	s.field[1] = (struct wire_field) { "date", "2026-01-31" };
	expect_body(&s,
		"{\"orgId\":103,\"certType\":1013,\"term\":365,"
		"\"subjAltNames\":\"ccmqa.com,www.ccmqa.com\","
		"\"comments\":\"a \\\"b\\\" \\\\ c\\n\\u0001\\u007f \xc3\xa9\","
		"\"externalRequester\":\"a@example.com, b@example.com\","
		"\"customFields\":[{\"name\":\"custom field\",\"value\":\"custom field value\"},"
		"{\"name\":\"date\",\"value\":\"2026-01-31\"}]," CSR_JSON "}");
}

static void test_large_ids(void **state)
{
	struct wire_submit s = plain();

	(void)state;
	s.org_id = INT64_MAX;
	s.profile = INT64_MAX;
	expect_body(&s, "{\"orgId\":9223372036854775807,\"certType\":9223372036854775807,"
			"\"term\":365," CSR_JSON "}");
}

static void refuse(const struct wire_submit *s, enum err_kind kind, const char *words)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	assert_false(scm_api_admin.enroll(&c, s, &err));
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
}

static char *repeat(const char *s, size_t n)
{
	size_t len = strlen(s);
	char *out = malloc(n * len + 1);

	assert_non_null(out);
	for (size_t i = 0; i < n; i++)
		memcpy(out + i * len, s, len);
	out[n * len] = '\0';
	return out;
}

/* Limits are of characters: 1024 two-byte letters are as good as 1024 others. */
static void test_limits(void **state)
{
	AUTO_STR char *fits = repeat("\xc3\xa9", 1024);
	AUTO_STR char *over = repeat("x", 1025);
	AUTO_STR char *requester = repeat("x", 513);
	AUTO_STR char *field = repeat("x", 257);
	AUTO_STR char *csr = repeat("A", 32768);
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct wire_submit s = plain();
	struct err err = { 0 };

	(void)state;
	s.comments = fits;
	assert_true(scm_api_admin.enroll(&c, &s, &err));
	s.comments = over;
	refuse(&s, ERR_CONFIG, "comments: 1025 characters; SCM takes 1024 at most");
	s = plain();
	s.external_requester = requester;
	refuse(&s, ERR_CONFIG, "external_requesters: 513");
	s = plain();
	s.field_count = 1;
	s.field[0] = (struct wire_field) { "Owner", field };
	refuse(&s, ERR_CONFIG, "'Owner': custom_field: 257");
	s.field[0] = (struct wire_field) { field, "" };
	refuse(&s, ERR_CONFIG, "custom_field: 257");
	s.field[0] = (struct wire_field) { "", "x" };
	refuse(&s, ERR_CONFIG, "name is empty");
	s = plain();
	s.csr = csr;
	refuse(&s, ERR_INTERNAL, "no PEM");
	s.csr = "";
	refuse(&s, ERR_INTERNAL, "no PEM");
	s.csr = "-----BEGIN\" \n";
	refuse(&s, ERR_INTERNAL, "no PEM");
	s = plain();
	s.org_id = 0;
	refuse(&s, ERR_CONFIG, "organization_id");
	s = plain();
	s.profile = 0;
	refuse(&s, ERR_CONFIG, "profile");
}

static void test_not_utf8(void **state)
{
	static const char *const bad[] = { "\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\x80", "\xe2\x82", "a\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct wire_submit s = plain();

		s.comments = bad[i];
		refuse(&s, ERR_CONFIG, "comments: not valid UTF-8");
	}
}

static void test_characters(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(json_count_characters(&n, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
	assert_int_equal(n, 4);
	assert_true(json_count_characters(&n, ""));
	assert_int_equal(n, 0);
}

static void expect_get(struct scm_call *c, const char *path, const char *label, size_t max)
{
	char text[SCM_LABEL_MAX];

	assert_string_equal(c->method, "GET");
	assert_string_equal(buf_str(&c->path), path);
	assert_string_equal(scm_call_label(text, c), label);
	assert_int_equal(c->answer_max, max);
	assert_int_equal(c->body.len, 0);
	assert_false(c->order);
	scm_call_dispose(c);
	*c = SCM_CALL;
}

static void test_reading(void **state)
{
	struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	(void)state;
	assert_true(scm_api_admin.collect(&c, "55", &err));
	expect_get(&c, "/ssl/v1/collect/55?format=x509", "GET /ssl/v1/collect/55", 1024 * 1024);
	assert_true(scm_api_admin.details(&c, "54", &err));
	expect_get(&c, "/ssl/v1/54", "GET /ssl/v1/54", 256 * 1024);
}

/* ---- orders that follow another -------------------------------------------------------------- */

typedef bool order_request(struct scm_call *out, const struct wire_submit *s, struct err *err);

static void expect_order(
	order_request *request, const struct wire_submit *s, const char *path, const char *body)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	if (!request(&c, s, &err))
		fail_msg("%s", err.text);
	assert_string_equal(c.method, "POST");
	assert_string_equal(buf_str(&c.path), path);
	assert_string_equal(buf_str(&c.body), body);
	assert_true(c.order);
}

static void refuse_order(order_request *request, const struct wire_submit *s, const char *words)
{
	AUTO(scm_call) struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	assert_false(request(&c, s, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
}

/* Everything that an order can say: each request takes what its API has a member for. */
static struct wire_submit talkative(const char *order)
{
	struct wire_submit s = plain();

	s.order = order;
	s.common_name = "a.example";
	s.names = "a.example, b.example";
	s.comments = "tag";
	s.reason = "new \"key\"";
	s.external_requester = "a@example.com";
	s.dcv_mode = "EMAIL";
	s.dcv_email = "b@example.com";
	s.field_count = 2;
	s.field[0] = (struct wire_field) { "A \"b\"", "1" };
	s.field[1] = (struct wire_field) { "C", "" };
	return s;
}

#define DCV_JSON "\"dcvMode\":\"EMAIL\",\"dcvEmail\":\"b@example.com\","

static void test_admin_follows(void **state)
{
	struct wire_submit s = talkative("55");

	(void)state;
	expect_order(scm_api_admin.enroll, &s, "/ssl/v1/enroll",
		"{\"orgId\":103,\"certType\":1013,\"term\":365,"
		"\"subjAltNames\":\"a.example, b.example\",\"comments\":\"tag\","
		"\"externalRequester\":\"a@example.com\"," DCV_JSON
		"\"customFields\":[{\"name\":\"A \\\"b\\\"\",\"value\":\"1\"},"
		"{\"name\":\"C\",\"value\":\"\"}]," CSR_JSON "}");
	expect_order(scm_api_admin.renew, &s, "/ssl/v1/renewById/55", "{" DCV_JSON CSR_JSON "}");
	expect_order(scm_api_admin.replace, &s, "/ssl/v1/replace/55",
		"{\"reason\":\"new \\\"key\\\"\",\"commonName\":\"a.example\","
		"\"subjectAlternativeNames\":[\"a.example\",\"b.example\"]," DCV_JSON CSR_JSON "}");
	s = plain();
	s.order = "55";
	s.reason = "x";
	expect_order(scm_api_admin.renew, &s, "/ssl/v1/renewById/55", "{" CSR_JSON "}");
	expect_order(
		scm_api_admin.replace, &s, "/ssl/v1/replace/55", "{\"reason\":\"x\"," CSR_JSON "}");
}

static void test_enrollment_orders(void **state)
{
	struct wire_submit s = talkative("Xy_9~.-");

	(void)state;
	expect_order(scm_api_enrollment.enroll, &s, "/v1/certificates",
		"{\"subjAltNames\":[\"a.example\",\"b.example\"],\"comments\":\"tag\","
		"\"externalRequester\":\"a@example.com\","
		"\"customFields\":{\"A \\\"b\\\"\":\"1\",\"C\":\"\"}," CSR_JSON "}");
	expect_order(scm_api_enrollment.renew, &s, "/v1/certificates/Xy_9~.-/renew",
		"{\"profileId\":1013,\"term\":365,"
		"\"subjAltNames\":[\"a.example\",\"b.example\"],\"comments\":\"tag\","
		"\"externalRequester\":\"a@example.com\"," DCV_JSON
		"\"customFields\":{\"A \\\"b\\\"\":\"1\",\"C\":\"\"}," CSR_JSON "}");
	expect_order(scm_api_enrollment.replace, &s, "/v1/certificates/Xy_9~.-/replace",
		"{\"subjAltNames\":[\"a.example\",\"b.example\"],\"comments\":\"tag\"," CSR_JSON
		"}");
	/* neither organization nor profile: they are the account's */
	s = plain();
	s.order = "1";
	s.org_id = 0;
	s.profile = 0;
	s.term = 0;
	expect_order(scm_api_enrollment.enroll, &s, "/v1/certificates",
		"{\"customFields\":{}," CSR_JSON "}");
	expect_order(scm_api_enrollment.renew, &s, "/v1/certificates/1/renew",
		"{\"customFields\":{}," CSR_JSON "}");
	expect_order(
		scm_api_enrollment.replace, &s, "/v1/certificates/1/replace", "{" CSR_JSON "}");
}

static void test_limits_of_followers(void **state)
{
	AUTO_STR char *reason = repeat("x", 513);
	AUTO_STR char *name = repeat("x", 65);
	AUTO_STR char *comments = repeat("x", 1025);
	struct wire_submit s = talkative("55");

	(void)state;
	s.reason = "";
	refuse_order(scm_api_admin.replace, &s, "reason: empty");
	s.reason = reason;
	refuse_order(scm_api_admin.replace, &s, "reason: 513");
	s = talkative("55");
	s.common_name = name;
	refuse_order(scm_api_admin.replace, &s, "common_name: 65");
	s = talkative("55");
	s.comments = comments;
	refuse_order(scm_api_admin.renew, &s, "comments: 1025");
	refuse_order(scm_api_enrollment.enroll, &s, "comments: 1025");
	refuse_order(scm_api_enrollment.replace, &s, "comments: 1025");
	s = talkative("55");
	s.dcv_mode = name;
	refuse_order(scm_api_admin.enroll, &s, "dcv mode: 65");
}

/* No id may lead to another path. */
static void test_ids(void **state)
{
	static const char *const no_number[] = { "", "a", "-5", "5/6", "..", "1234567890123456789",
		"5?x", " 5" };
	static const char *const no_word[] = { "", ".", "..", "a/b", "a?b", "a b", "\xc3\xa9",
		"a%2f" };
	AUTO_STR char *longest = repeat("x", 129);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(no_number); i++) {
		const struct wire_submit s = talkative(no_number[i]);

		refuse_order(scm_api_admin.renew, &s, "no order of SCM's Admin API");
		refuse_order(scm_api_admin.replace, &s, "no order of SCM's Admin API");
	}
	for (size_t i = 0; i < ARRAY_LEN(no_word); i++) {
		const struct wire_submit s = talkative(no_word[i]);

		refuse_order(scm_api_enrollment.renew, &s, "no order of SCM's Enrollment API");
		refuse_order(scm_api_enrollment.replace, &s, "no order of SCM's Enrollment API");
	}
	const struct wire_submit s = talkative(longest);

	refuse_order(scm_api_enrollment.renew, &s, "no order of SCM's Enrollment API");
}

static void test_enrollment_reading(void **state)
{
	struct scm_call c = SCM_CALL;
	struct err err = { 0 };

	(void)state;
	assert_true(scm_api_enrollment.collect(&c, "a-1", &err));
	expect_get(&c, "/v1/certificates/a-1", "GET /v1/certificates/a-1", 1024 * 1024);
	assert_true(scm_api_enrollment.details(&c, "a-1", &err));
	expect_get(
		&c, "/v1/certificates/a-1/status", "GET /v1/certificates/a-1/status", 256 * 1024);
	assert_null(scm_api_enrollment.list);
	assert_ptr_equal(scm_api_of(WIRE_ADMIN), &scm_api_admin);
	assert_ptr_equal(scm_api_of(WIRE_ENROLLMENT), &scm_api_enrollment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enroll_least),
		cmocka_unit_test(test_enroll_everything),
		cmocka_unit_test(test_large_ids),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_admin_follows),
		cmocka_unit_test(test_enrollment_orders),
		cmocka_unit_test(test_limits_of_followers),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_enrollment_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
