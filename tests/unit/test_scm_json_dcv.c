/* Validations of domains, and the answers to their steps, as rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json_shapes.h"
#include "scm/json_dcv.h"
#include "scm/wire.h"

JSON_READER(validations)
JSON_READER(dcv)
static const struct json_shape shapes[] = {
	{ "validations", read_validations, "%s", "[]", false, "a" },
	{ "validation", read_validations, "[%s]", "{\"domain\":\"x\"}", false, "o" },
	{ "validation.domain", read_validations, "[{\"domain\":%s}]", "\"x\"", true, "s" },
	{ "validation.status", read_validations, "[{\"dcvStatus\":%s}]", "\"x\"", true, "s" },
	{ "validation.method", read_validations, "[{\"dcvMethod\":%s}]", "\"x\"", true, "s" },
	{ "validation.order", read_validations, "[{\"dcvOrderStatus\":%s}]", "\"x\"", true, "s" },
	{ "validation.date", read_validations, "[{\"expirationDate\":%s}]", "\"x\"", true, "s" },
	{ "dcv", read_dcv, "%s", "{}", false, "o" },
	{ "dcv.status", read_dcv, "{\"status\":%s}", "\"x\"", true, "s" },
	{ "dcv.orderStatus", read_dcv, "{\"orderStatus\":%s}", "\"x\"", true, "s" },
	{ "dcv.expirationDate", read_dcv, "{\"expirationDate\":%s}", "\"x\"", true, "s" },
	{ "dcv.host", read_dcv, "{\"host\":%s}", "\"x\"", true, "s" },
	{ "dcv.point", read_dcv, "{\"point\":%s}", "\"x\"", true, "s" },
	{ "dcv.url", read_dcv, "{\"url\":%s}", "\"x\"", true, "s" },
	{ "dcv.firstLine", read_dcv, "{\"firstLine\":%s}", "\"x\"", true, "s" },
	{ "dcv.secondLine", read_dcv, "{\"secondLine\":%s}", "\"x\"", true, "s" },
	{ "dcv.message", read_dcv, "{\"message\":%s}", "\"x\"", true, "s" },
	{ "dcv.emails", read_dcv, "{\"emails\":%s}", "[]", true, "a" },
	{ "dcv.email", read_dcv, "{\"emails\":[%s]}", "\"x\"", false, "s" },
	{ "dcv.dcvEmails", read_dcv, "{\"dcvEmails\":%s}", "[]", true, "a" },
	{ "dcv.dcvEmail", read_dcv, "{\"dcvEmails\":[%s]}", "{\"domainName\":\"x\"}", false, "o" },
	{ "dcv.whoisEmails", read_dcv, "{\"dcvEmails\":[{\"whoisEmails\":%s}]}", "[]", true, "a" },
	{ "dcv.adminEmail", read_dcv, "{\"dcvEmails\":[{\"adminEmails\":[%s]}]}", "\"x\"", false,
		"s" },
	{ "dcv.dnsTxtEmail", read_dcv, "{\"dcvEmails\":[{\"dnsTxtEmails\":[%s]}]}", "\"x\"", false,
		"s" },
};

static void test_shapes(void **state)
{
	(void)state;
	json_shapes_try(shapes, ARRAY_LEN(shapes));
}

static void test_validations(void **state)
{
	(void)state;
	json_expect_cells(scm_json_validations,
		"[{\"domain\":\"example.com\",\"dcvStatus\":\"VALIDATED\",\"dcvMethod\":\"CNAME\","
		"\"dcvOrderStatus\":\"NOT_INITIATED\",\"dcvOrderMethod\":\"\","
		"\"expirationDate\":\"2025-05-22\"},"
		"{\"domain\":\"b.example\",\"dcvStatus\":\"Not validated\",\"dcvMethod\":null,"
		"\"dcvOrderStatus\":\"Awaiting submission\"}]",
		"example.com|VALIDATED|CNAME|NOT_INITIATED|2025-05-22|"
		"b.example|NOT_VALIDATED||AWAITING_SUBMISSION|");
}

static void expect_status(const char *status, const char *order, const char *joined)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"status\":\"%s\",\"orderStatus\":\"%s\"}", status, order);
	json_expect_cells(scm_json_dcv, text, joined);
}

static void test_spellings(void **state)
{
	(void)state;
	expect_status("VALIDATED", "SUBMITTED", "VALIDATED|SUBMITTED||||||||");
	expect_status("validated", "Submitted", "VALIDATED|SUBMITTED||||||||");
	expect_status("Not Validated", "NotInitiated", "NOT_VALIDATED|NOT_INITIATED||||||||");
	expect_status("not_validated", "not initiated", "NOT_VALIDATED|NOT_INITIATED||||||||");
	expect_status("Expired", "AWAITING_SUBMISSION", "EXPIRED|AWAITING_SUBMISSION||||||||");
	expect_status("EXPIRED", "Awaiting submission", "EXPIRED|AWAITING_SUBMISSION||||||||");
	expect_status("EXPIRED", "rejected", "EXPIRED|REJECTED||||||||");
	/* no status of the document, and not taken for one */
	expect_status("VALIDATED?", "SUBMITTE", "VALIDATED?|SUBMITTE||||||||");
	expect_status("", "\\u001b[2J", "|\\x1b[2J||||||||");
}

static void test_dcv_answers(void **state)
{
	(void)state;
	json_expect_cells(scm_json_dcv,
		"{\"status\":\"NOT_VALIDATED\",\"orderStatus\":\"SUBMITTED\","
		"\"message\":\"DCV status: Not Validated; DCV order status: Submitted\"}",
		"NOT_VALIDATED|SUBMITTED||||||||DCV status: Not Validated; DCV order status: "
		"Submitted");
	json_expect_cells(scm_json_dcv,
		"{\"url\":\"http://a.example/.well-known/pki-validation/0A.txt\","
		"\"firstLine\":\"00ff\",\"secondLine\":\"sectigo.com\"}",
		"|||||http://a.example/.well-known/pki-validation/0A.txt|00ff|sectigo.com||");
	json_expect_cells(scm_json_dcv,
		"{\"host\":\"_0a.a.example.\",\"point\":\"0a.0b.sectigo.com.\"}",
		"|||_0a.a.example.|0a.0b.sectigo.com.|||||");
	json_expect_cells(scm_json_dcv,
		"{\"status\":\"VALIDATED\",\"validationDate\":\"2024-05-22\",\"expirationDate\":"
		"\"2025-05-22\",\"orderStatus\":\"NOT_INITIATED\"}",
		"VALIDATED|NOT_INITIATED|2025-05-22|||||||");
}

static void test_dcv_verbatim(void **state)
{
	static const char *const refused[] = { "{\"point\":\"a\\nb\"}", "{\"host\":\"a b\"}",
		"{\"url\":\"\\u00e4\"}", "{\"firstLine\":\"\\u007f\"}",
		"{\"secondLine\":\"\\u001b\"}" };

	(void)state;
	json_expect_cells(scm_json_dcv, "{\"point\":\"a\\\\b\\\"c|'\"}", "||||a\\b\"c|'|||||");
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		AUTO(strlist) struct strlist cells = { 0 };
		struct err err = { 0 };

		assert_false(scm_json_dcv(&cells, refused[i], strlen(refused[i]), &err));
		assert_int_equal(err.kind, ERR_PROTOCOL);
	}
}

static void test_mailboxes(void **state)
{
	(void)state;
	json_expect_cells(scm_json_dcv,
		"{\"emails\":[\"a@a.example\",\"b@a.example\",\"A@A.example\"]}",
		"||||||||a@a.example b@a.example|");
	json_expect_cells(scm_json_dcv,
		"{\"emails\":[\"a@a.example\"],\"dcvEmails\":[{\"domainName\":\"a.example\","
		"\"whoisEmails\":[\"w@b.example\"],\"adminEmails\":[\"a@a.example\"],"
		"\"dnsTxtEmails\":[\"t@a.example\"]},{\"adminEmails\":[\"x@a.example\"]}]}",
		"||||||||a@a.example w@b.example t@a.example x@a.example|");
	/* one address stays one, whatever is in it; a long one does not push others out */
	json_expect_cells(scm_json_dcv,
		"{\"emails\":[\"a b@a.example\",\"\",\"c\\n@a.example\",\" \"]}",
		"||||||||a\\x20b@a.example c\\x0a@a.example \\x20|");
}

static void test_long_texts(void **state)
{
	AUTO(buf) struct buf text = BUF(65536);
	AUTO(strlist) struct strlist cells = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_add_str(&text, "{\"emails\":[\"");
	for (int i = 0; i < 600; i++)
		buf_add_str(&text, "x");
	buf_add_str(&text, "\",\"a@a.example\"],\"message\":\"");
	for (int i = 0; i < 600; i++)
		buf_add_str(&text, "\\u0007");
	buf_add_str(&text, "\"}");
	assert_true(scm_json_dcv(&cells, text.data, text.len, &err));
	assert_int_equal(cells.n, WIRE_DCV_COLUMNS);
	assert_string_equal(cells.item[8], "a@a.example");
	assert_int_equal(strlen(cells.item[9]), WIRE_TEXT_MAX / 4 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_validations),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_dcv_answers),
		cmocka_unit_test(test_dcv_verbatim),
		cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
