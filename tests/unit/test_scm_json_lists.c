/* What an account holds as rows: each form of SCM's, and what is none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json_shapes.h"
#include "scm/json_table.h"
#include "scm/wire.h"

JSON_READER(organization)
JSON_READER(fields)
JSON_READER(domains)
JSON_READER(certificates)
JSON_READER(password)

static const struct json_shape shapes[] = {
	{ "organization", read_organization, "%s", "{\"id\":1}", false, "" },
	{ "organization.id", read_organization, "{\"id\":%s}", "1", false, "i" },
	{ "organization.name", read_organization, "{\"id\":1,\"name\":%s}", "\"x\"", true, "s" },
	{ "organization.api", read_organization, "{\"id\":1,\"sslCertsApiEnabled\":%s}", "true",
		true, "b" },
	{ "fields", read_fields, "%s", "[]", false, "a" },
	{ "field", read_fields, "[%s]", "{\"id\":1}", false, "o" },
	{ "field.id", read_fields, "[{\"id\":%s}]", "1", true, "i" },
	{ "field.name", read_fields, "[{\"id\":1,\"name\":%s}]", "\"x\"", true, "s" },
	{ "field.mandatory", read_fields, "[{\"id\":1,\"mandatory\":%s}]", "true", true, "b" },
	{ "field.mandatories", read_fields, "[{\"id\":1,\"mandatories\":%s}]", "[]", true, "a" },
	{ "field.way", read_fields, "[{\"id\":1,\"mandatories\":[%s]}]", "\"x\"", false, "s" },
	{ "domains", read_domains, "%s", "[]", false, "a" },
	{ "domain", read_domains, "[%s]", "{\"id\":1}", false, "" },
	{ "domain.id", read_domains, "[{\"id\":%s}]", "1", false, "i" },
	{ "domain.name", read_domains, "[{\"id\":1,\"name\":%s}]", "\"x\"", true, "s" },
	{ "certificates", read_certificates, "%s", "[]", false, "a" },
	{ "certificate.sslId", read_certificates, "[{\"sslId\":%s}]", "1", false, "i" },
	{ "certificate.name", read_certificates, "[{\"id\":1,\"commonName\":%s}]", "\"x\"", true,
		"s" },
	{ "certificate.serial", read_certificates, "[{\"id\":1,\"serialNumber\":%s}]", "\"1\"",
		true, "s" },
	{ "certificate.names", read_certificates, "[{\"id\":1,\"subjectAlternativeNames\":%s}]",
		"[]", true, "a" },
	{ "certificate.san", read_certificates, "[{\"id\":1,\"subjectAlternativeNames\":[%s]}]",
		"\"x\"", false, "s" },
	{ "password", read_password, "%s", "{}", false, "o" },
	{ "password.state", read_password, "{\"state\":%s}", "\"ALIVE\"", true, "s" },
	{ "password.date", read_password, "{\"expirationDate\":%s}", "\"x\"", true, "s" },
};

static void test_shapes(void **state)
{
	(void)state;
	json_shapes_try(shapes, ARRAY_LEN(shapes));
}

static void test_organization(void **state)
{
	(void)state;
	json_expect_cells(scm_json_organization,
		"{\"id\":5,\"name\":\"Org\",\"certTypes\":[],\"sslCertsApiEnabled\":true}",
		"5|Org|yes");
	json_expect_cells(
		scm_json_organization, "{\"id\":5,\"sslCertsApiEnabled\":false}", "5||no");
	json_expect_cells(scm_json_organization, "{\"id\":5,\"sslCertsApiEnabled\":null}", "5||");
}

/* Of either call: the newer one names the ways to order for which a field is mandatory. */
static void test_fields(void **state)
{
	(void)state;
	json_expect_cells(scm_json_fields,
		"[{\"id\":54,\"name\":\"Cost centre\",\"mandatory\":true},"
		"{\"id\":55,\"name\":\"a\\\\b\\u0007\",\"mandatory\":false},{\"id\":56}]",
		"54|Cost centre|yes|55|a\\b\\x07|no|56||no");
	json_expect_cells(scm_json_fields,
		"[{\"id\":1,\"name\":\"a\",\"mandatories\":[\"WEB_FORM\",\"REST_API\"]},"
		"{\"name\":\"b\",\"mandatories\":[\"Rest Api\"]},"
		"{\"id\":3,\"name\":\"c\",\"mandatories\":[\"ADMIN_UI\",\"SOAP_API\"]},"
		"{\"id\":4,\"name\":\"d\",\"mandatories\":[]}]",
		"1|a|yes||b|yes|3|c|no|4|d|no");
}

static void test_domains(void **state)
{
	(void)state;
	json_expect_cells(scm_json_domains,
		"[{\"id\":400,\"name\":\"example.com\"},{\"id\":401,\"name\":\"*.example.com\"}]",
		"400|example.com|401|*.example.com");
	json_expect_cells(scm_json_domains, "[]", "");
}

static void test_certificates(void **state)
{
	(void)state;
	json_expect_cells(scm_json_certificates,
		"[{\"sslId\":58,\"commonName\":\"a.example\",\"serialNumber\":\"00:a9:3e\","
		"\"subjectAlternativeNames\":[\"a.example\",\"A.example\",\"b.example\",\"x y\"]},"
		"{\"id\":59,\"serialNumber\":\"no serial\",\"subjectAlternativeNames\":null}]",
		"58|a.example|A93E|a.example b.example x\\x20y|59|||");
}

/* What is left of the names is whole, and one can see that there are more. */
static void test_many_names(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	AUTO(strlist) struct strlist cells = { 0 };
	struct err err = { 0 };
	const char *names;
	size_t len;

	(void)state;
	buf_add_str(&text, "[{\"id\":1,\"subjectAlternativeNames\":[\"0.example\"");
	for (int i = 1; i < 200; i++)
		buf_addf(&text, ",\"%d.example\"", i);
	buf_add_str(&text, "]}]");
	assert_true(scm_json_certificates(&cells, text.data, text.len, &err));
	names = cells.item[3];
	len = strlen(names);
	assert_true(len <= WIRE_TEXT_MAX && len > WIRE_TEXT_MAX - 20);
	assert_string_equal(names + len - strlen(".example ..."), ".example ...");
}

static void test_password(void **state)
{
	(void)state;
	json_expect_cells(scm_json_password,
		"{\"expirationDate\":\"2025-08-21\",\"state\":\"ALIVE\"}", "ALIVE|2025-08-21");
	json_expect_cells(scm_json_password, "{\"state\":\"Never expire\"}", "NEVER_EXPIRE|");
	json_expect_cells(scm_json_password, "{\"state\":\"Locked\\n\"}", "Locked\\x0a|");
}

static void test_outputs_untouched(void **state)
{
	AUTO(strlist) struct strlist cells = { 0 };
	static const char text[] = "[{\"id\":1},{\"id\":\"x\"}]";
	struct err err = { 0 };

	(void)state;
	assert_true(strlist_add(&cells, "before"));
	assert_false(scm_json_domains(&cells, text, sizeof(text) - 1, &err));
	assert_int_equal(cells.n, 1);
	assert_string_equal(cells.item[0], "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_organization),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_outputs_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
