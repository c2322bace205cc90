/*
 * SCM's JSON answers: each member with each other type, every cut, numbers at their limits,
 * duplicates, depth, foreign bytes.
 */
#include "scm/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json_shapes.h"
#include "scm/json_table.h"
#include "scm/json_text.h"

static bool read_error(const char *text, size_t len, struct err *err)
{
	struct scm_error e;

	return scm_json_error(&e, text, len, err);
}

static bool read_enrolled(const char *text, size_t len, struct err *err)
{
	char id[SCM_ID_SIZE];

	return scm_json_ssl_id(id, text, len, err);
}

static bool read_cert_id(const char *text, size_t len, struct err *err)
{
	char id[SCM_ID_SIZE];

	return scm_json_cert_id(id, text, len, err);
}

static bool read_status(const char *text, size_t len, struct err *err)
{
	AUTO(scm_details) struct scm_details d = { 0 };

	return scm_json_status(&d, text, len, err);
}

static bool read_details(const char *text, size_t len, struct err *err)
{
	AUTO(scm_details) struct scm_details d = { 0 };

	return scm_json_details(&d, text, len, err);
}

static bool read_ids(const char *text, size_t len, struct err *err)
{
	AUTO(scm_ids) struct scm_ids ids = { 0 };

	return scm_json_ids(&ids, text, len, err);
}

JSON_READER(organizations)
JSON_READER(profiles)
static const struct json_shape shapes[] = {
	{ "error.code", read_error, "{\"code\":%s,\"description\":\"x\"}", "-16", false, "i" },
	{ "error.description", read_error, "{\"code\":-1,\"description\":%s}", "\"x\"", true, "s" },
	{ "enroll.sslId", read_enrolled, "{\"sslId\":%s,\"renewId\":\"x\"}", "55", false, "i" },
	{ "enroll.certId", read_cert_id, "{\"certId\":%s}", "\"a-1\"", false, "s" },
	{ "status.status", read_status, "{\"status\":%s,\"dcvInfo\":{}}", "\"ISSUED\"", true, "s" },
	{ "details.sslId", read_details, "{\"id\":5,\"sslId\":%s}", "5", true, "i" },
	{ "details.id", read_details, "{\"sslId\":5,\"id\":%s}", "5", true, "i" },
	{ "details.status", read_details, "{\"id\":5,\"status\":%s}", "\"Issued\"", true, "s" },
	{ "details.serial", read_details, "{\"id\":5,\"serialNumber\":%s}", "\"0A\"", true, "s" },
	{ "details.comments", read_details, "{\"id\":5,\"comments\":%s}", "\"x\"", true, "s" },
	{ "list.sslId", read_ids, "[{\"sslId\":%s}]", "5", false, "i" },
	{ "list.id", read_ids, "[{\"id\":%s}]", "5", false, "i" },
	{ "list entry", read_ids, "[%s]", "{\"sslId\":5}", false, "" },
	{ "list", read_ids, "%s", "[]", false, "a" },
	{ "error", read_error, "%s", "{\"code\":1}", false, "" },
	{ "details", read_details, "%s", "{\"id\":1}", false, "" },
	{ "organizations", read_organizations, "%s", "[]", false, "a" },
	{ "organization", read_organizations, "[%s]", "{\"id\":1}", false, "" },
	{ "organization.id", read_organizations, "[{\"id\":%s,\"name\":\"x\"}]", "1", false, "i" },
	{ "organization.name", read_organizations, "[{\"id\":1,\"name\":%s}]", "\"x\"", true, "s" },
	{ "departments", read_organizations, "[{\"id\":1,\"departments\":%s}]", "[]", true, "a" },
	{ "department", read_organizations, "[{\"id\":1,\"departments\":[%s]}]", "{\"id\":2}",
		false, "" },
	{ "department.id", read_organizations, "[{\"id\":1,\"departments\":[{\"id\":%s}]}]", "2",
		false, "i" },
	{ "profiles", read_profiles, "%s", "[]", false, "a" },
	{ "profile.id", read_profiles, "[{\"id\":%s}]", "1", false, "i" },
	{ "profile.name", read_profiles, "[{\"id\":1,\"name\":%s}]", "\"x\"", true, "s" },
	{ "profile.terms", read_profiles, "[{\"id\":1,\"terms\":%s}]", "[90]", true, "a" },
	{ "profile.term", read_profiles, "[{\"id\":1,\"terms\":[%s]}]", "90", false, "i" },
	{ "profile.keyTypes", read_profiles, "[{\"id\":1,\"keyTypes\":%s}]", "{\"EC\":[]}", true,
		"o" },
	{ "profile.keyType", read_profiles, "[{\"id\":1,\"keyTypes\":{\"EC\":%s}}]", "[\"P-256\"]",
		false, "a" },
	{ "profile.kind", read_profiles, "[{\"id\":1,\"keyTypes\":{\"EC\":[%s]}}]", "\"P-256\"",
		false, "s" },
};

static void test_shapes(void **state)
{
	(void)state;
	json_shapes_try(shapes, ARRAY_LEN(shapes));
}

static void test_known_members_stand_once(void **state)
{
	static const struct {
		json_reader *read;
		const char *text;
	} twice[] = {
		{ read_error, "{\"code\":1,\"code\":2}" },
		{ read_enrolled, "{\"sslId\":55,\"x\":1,\"sslId\":56}" },
		{ read_details, "{\"id\":5,\"id\":5}" },
		{ read_details, "{\"id\":5,\"comments\":\"a\",\"comments\":null}" },
		{ read_ids, "[{\"sslId\":1,\"sslId\":2}]" },
		{ read_profiles, "[{\"id\":1,\"terms\":[1],\"terms\":[2]}]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(twice); i++) {
		struct err err = { 0 };

		assert_false(twice[i].read(twice[i].text, strlen(twice[i].text), &err));
		assert_non_null(strstr(err.text, "stands twice"));
	}
}

static void test_case_of_names_counts(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_false(read_enrolled("{\"SSLID\":55}", 12, &err));
	assert_true(read_enrolled("{\"SSLID\":\"x\",\"sslId\":55}", 24, &err));
}

static void test_unknown_members_are_ignored(void **state)
{
	static const char text[] = "{\"new\":[{\"a\":{\"b\":[1,2,{}]}}],\"sslId\":55,\"new\":2}";
	struct err err = { 0 };

	(void)state;
	assert_true(read_enrolled(text, sizeof(text) - 1, &err));
}

static void test_numbers(void **state)
{
	static const struct {
		const char *number;
		uint64_t id; /* 0: refused */
	} numbers[] = {
		{ "1", 1 },
		{ "55.0", 55 },
		{ "9007199254740991", UINT64_C(9007199254740991) },
		{ "9007199254740992", 0 },
		{ "18446744073709551616", 0 },
		{ "1e999", 0 },
		{ "-1e999", 0 },
		{ "0", 0 },
		{ "-5", 0 },
		{ "0.5", 0 },
		{ "5e", 0 },
		{ "0x10", 0 },
		{ "NaN", 0 },
		{ "Infinity", 0 },
		{ "--5", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		char text[64];
		char id[SCM_ID_SIZE] = "0";
		char expected[SCM_ID_SIZE];
		struct err err = { 0 };
		bool ok;

		snprintf(text, sizeof(text), "{\"sslId\":%s}", numbers[i].number);
		snprintf(expected, sizeof(expected), "%llu", (unsigned long long)numbers[i].id);
		ok = scm_json_ssl_id(id, text, strlen(text), &err);
		if (ok != (numbers[i].id != 0) || strcmp(id, expected) != 0)
			fail_msg("%s: %d, %s", text, ok, id);
	}
}

static void test_million_digits(void **state)
{
	AUTO(buf) struct buf text = BUF(2 * 1000 * 1000);
	struct err err = { 0 };

	(void)state;
	buf_add_str(&text, "{\"sslId\":");
	for (int i = 0; i < 100 * 1000; i++)
		buf_add_str(&text, "9999999999");
	buf_add_str(&text, "}");
	assert_false(read_enrolled(text.data, text.len, &err));
}

static void test_depth(void **state)
{
	for (size_t depth = 1; depth <= 1000000; depth = depth < 20 ? depth + 1 : depth * 10) {
		AUTO(buf) struct buf text = BUF(4 * 1000 * 1000);
		struct err err = { 0 };

		for (size_t i = 0; i < depth; i++)
			buf_add(&text, "[", 1);
		for (size_t i = 0; i < depth; i++)
			buf_add(&text, "]", 1);
		assert_true(buf_ok(&text));
		assert_int_equal(
			json_look_over(text.data, text.len, &err), depth <= JSON_DEPTH_MAX);
	}
	(void)state;
}

static void test_look_over(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool fine;
	} texts[] = {
		{ "{}", 2, true },
		{ "{\"a\":\"]}[{\"}", 12, true },
		{ "\"\\\"\"", 4, true },
		{ "\"\\\\\"", 4, true },
		{ "\"\\\\\\\"\"", 6, true },
		{ "\"\\u0001\"", 8, true },
		{ "{\"a\0b\":1}", 9, false },
		{ "[1]\0", 4, false },
		{ "\"\\u0000\"", 8, false },
		{ "\"\\\\u0000\"", 9, true },
		{ "\"\n\"", 3, false },
		{ "\"\x1b\"", 3, false },
		{ "\"abc", 4, false },
		{ "\"abc\\\"", 6, false },
		{ "[", 1, false },
		{ "]", 1, false },
		{ "[}", 2, true }, /* kinds of brackets are the parser's to match */
		{ "{}}", 3, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = { 0 };

		if (json_look_over(texts[i].text, texts[i].len, &err) != texts[i].fine)
			fail_msg("%s", texts[i].text);
	}
}

static void test_around_the_value(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_true(read_enrolled(" \t\r\n{\"sslId\":5}\r\n ", 18, &err));
	assert_false(read_enrolled("{\"sslId\":5} x", 13, &err));
	assert_false(read_enrolled("{\"sslId\":5}{\"sslId\":5}", 22, &err));
	assert_false(read_enrolled("", 0, &err));
	assert_false(read_enrolled("<html>", 6, &err));
	assert_false(read_enrolled("null", 4, &err));
}

/* ---- what is read ---------------------------------------------------------------------------- */

static void test_error(void **state)
{
	static const char text[] =
		"{\"code\":-36,\"description\":\"The \\u001b[31mterm\\n is bad\","
		"\"items\":[\"a\"],\"details\":\"d\"}";
	struct scm_error e;
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_error(&e, text, sizeof(text) - 1, &err));
	assert_int_equal(e.code, -36);
	assert_string_equal(e.description, "The \\x1b[31mterm\\x0a is bad");
	assert_true(scm_json_error(&e, "{\"code\":0}", 10, &err));
	assert_int_equal(e.code, 0);
	assert_string_equal(e.description, "");
}

static void test_long_description_is_cut_whole(void **state)
{
	AUTO(buf) struct buf text = BUF(100000);
	struct scm_error e;
	struct err err = { 0 };

	(void)state;
	buf_add_str(&text, "{\"code\":1,\"description\":\"");
	for (int i = 0; i < 10000; i++)
		buf_add_str(&text, "\xe2\x82\xac\\u0007");
	buf_add_str(&text, "\"}");
	assert_true(scm_json_error(&e, text.data, text.len, &err));
	/* after a character (3 bytes) or an escape (4), never inside one */
	assert_true(strlen(e.description) % 7 == 0 || strlen(e.description) % 7 == 3);
	assert_true(strlen(e.description) > SCM_DESCRIPTION_MAX - 8);
}

static void test_enrolled(void **state)
{
	static const char text[] = "{\"sslId\":55,\"renewId\":\"gu03sW6WENt7GTvDTuOP\"}";
	char id[SCM_ID_SIZE] = "7";
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_ssl_id(id, text, sizeof(text) - 1, &err));
	assert_string_equal(id, "55");
	assert_false(scm_json_ssl_id(id, "{}", 2, &err));
	assert_string_equal(id, "55");
}

/* Which bytes an id may have is not the parser's to know, only how many. */
static void test_cert_id(void **state)
{
	char text[256];
	char id[SCM_ID_SIZE] = "7";
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_cert_id(id, "{\"certId\":\"a/../B~1\"}", 21, &err));
	assert_string_equal(id, "a/../B~1");
	snprintf(text, sizeof(text), "{\"certId\":\"%0128d\"}", 1);
	assert_true(scm_json_cert_id(id, text, strlen(text), &err));
	assert_int_equal(strlen(id), 128);
	snprintf(text, sizeof(text), "{\"certId\":\"%0129d\"}", 1);
	assert_false(scm_json_cert_id(id, text, strlen(text), &err));
	assert_false(scm_json_cert_id(id, "{\"certId\":\"\"}", 13, &err));
	assert_false(scm_json_cert_id(id, "{\"certId\":null}", 15, &err));
	assert_false(scm_json_cert_id(id, "{}", 2, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_int_equal(strlen(id), 128);
}

static void test_status(void **state)
{
	static const char text[] = "{\"status\":\"ISS\\u0001UED\",\"dcvInfo\":{\"x\":[1]}}";
	AUTO(scm_details) struct scm_details d = { 0 };
	AUTO(scm_details) struct scm_details least = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_status(&d, text, sizeof(text) - 1, &err));
	assert_string_equal(d.status, "ISS\\x01UED");
	assert_string_equal(d.id, "");
	assert_string_equal(d.serial, "");
	assert_string_equal(d.comments, "");
	assert_true(scm_json_status(&least, "{}", 2, &err));
	assert_string_equal(least.status, "");
	assert_false(scm_json_status(&d, "[]", 2, &err));
}

static void expect_serial(const char *serial, const char *expected)
{
	AUTO(scm_details) struct scm_details d = { 0 };
	char text[512];
	struct err err = { 0 };

	snprintf(text, sizeof(text), "{\"id\":1,\"serialNumber\":\"%s\"}", serial);
	assert_true(scm_json_details(&d, text, strlen(text), &err));
	assert_string_equal(d.serial, expected);
}

static void test_details(void **state)
{
	static const char text[] =
		"{\"commonName\":\"ccmqa.com\",\"sslId\":54,\"id\":54,\"status\":\"SA Approved\","
		"\"certType\":{\"id\":1009},\"comments\":\"tag \\u00e9\",\"term\":365,"
		"\"serialNumber\":\"00:A9:3e\",\"customFields\":[]}";
	AUTO(scm_details) struct scm_details d = { 0 };
	AUTO(scm_details) struct scm_details least = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_details(&d, text, sizeof(text) - 1, &err));
	assert_string_equal(d.id, "54");
	assert_string_equal(d.status, "SA Approved");
	assert_string_equal(d.serial, "A93E");
	assert_string_equal(d.comments, "tag \xc3\xa9");
	assert_true(scm_json_details(&least, "{\"sslId\":9}", 11, &err));
	assert_string_equal(least.id, "9");
	assert_string_equal(least.status, "");
	assert_string_equal(least.comments, "");
	assert_false(scm_json_details(&least, "{\"status\":\"Issued\"}", 19, &err));
}

static void test_serials(void **state)
{
	char longest[200];

	(void)state;
	expect_serial("", "");
	expect_serial("0A1B", "A1B");
	expect_serial("0x0a1b", "A1B");
	expect_serial("00:00", "");
	expect_serial("00:0::11::2:2::33", "112233");
	expect_serial("ab cd", "");
	expect_serial("hello", "");
	memset(longest, 'F', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	expect_serial(longest, "");
	longest[SCM_SERIAL_MAX - 1] = '\0';
	expect_serial(longest, longest);
}

static void test_ids(void **state)
{
	static const char text[] = "[{\"sslId\":58,\"commonName\":\"a\"},{\"sslId\":7}]";
	AUTO(scm_ids) struct scm_ids ids = { 0 };
	AUTO(scm_ids) struct scm_ids none = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_ids(&ids, text, sizeof(text) - 1, &err));
	assert_int_equal(ids.n, 2);
	assert_int_equal(ids.id[0], 58);
	assert_int_equal(ids.id[1], 7);
	assert_true(scm_json_ids(&none, "[]", 2, &err));
	assert_int_equal(none.n, 0);
}

static void expect_cells(const struct strlist *cells, const char *joined)
{
	AUTO(buf) struct buf text = BUF(4096);

	strlist_join(&text, cells, "|");
	assert_string_equal(buf_str(&text), joined);
}

static void test_organizations(void **state)
{
	static const char text[] =
		"[{\"id\":1697,\"name\":\"org4\\tTest\",\"certTypes\":[],\"departments\":["
		"{\"id\":1698,\"parentName\":\"org4Test\",\"name\":\"dep\"},{\"id\":1699}]},"
		"{\"id\":5,\"name\":null,\"departments\":null}]";
	AUTO(strlist) struct strlist cells = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_organizations(&cells, text, sizeof(text) - 1, &err));
	expect_cells(&cells, "1697|org4\\x09Test||1698|dep|1697|1699||1697|5||");
}

static void test_profiles(void **state)
{
	static const char text[] =
		"[{\"id\":1018,\"name\":\"SSL\",\"terms\":[90,199],\"keyTypes\":{\"RSA\":[\"2048\","
		"\"3072\"],\"EC\":[\"P-256\"]}},{\"id\":2,\"name\":\"old\",\"terms\":[365]}]";
	AUTO(strlist) struct strlist cells = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(scm_json_profiles(&cells, text, sizeof(text) - 1, &err));
	expect_cells(&cells, "1018|SSL|90,199|RSA:2048,RSA:3072,EC:P-256|2|old|365|");
}

static void test_outputs_untouched(void **state)
{
	AUTO(strlist) struct strlist cells = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(strlist_add(&cells, "before"));
	assert_false(scm_json_profiles(&cells, "[{\"id\":1},{\"id\":\"x\"}]", 21, &err));
	expect_cells(&cells, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_known_members_stand_once),
		cmocka_unit_test(test_case_of_names_counts),
		cmocka_unit_test(test_unknown_members_are_ignored),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_million_digits),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_look_over),
		cmocka_unit_test(test_around_the_value),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_long_description_is_cut_whole),
		cmocka_unit_test(test_enrolled),
		cmocka_unit_test(test_cert_id),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_organizations),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_outputs_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
