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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
