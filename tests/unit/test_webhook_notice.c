/* SCM's notification: the id of a flat object, and nothing else taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "webhook/notice.h"

#define WHOLE                                                                                      \
	"{\"certificateId\": 12345, \"commonName\": \"www.example.com\", \"expirationDate\": "     \
	"\"2027-01-31\", \"certificateComments\": \"a \\\"b\\\" \\u00e4\\n\", "                    \
	"\"certificateOrgDept\": \"Org / Dept\", \"certificateRequesterEmail\": "                  \
	"\"a@example.com\"}"

/* In a block of exactly its size, so that a sanitizer sees a byte read beyond it. */
static bool parse(uint64_t *id, const char *text, size_t len, struct err *err)
{
	char *copy = malloc(len ? len : 1);
	bool done;

	assert_non_null(copy);
	memcpy(copy, text, len);
	done = notice_parse(id, copy, len, err);
	free(copy);
	return done;
}

static void takes_the_id(void **state)
{
	static const struct {
		const char *text;
		uint64_t id;
	} rows[] = {
		{ WHOLE, 12345 },
		{ "{\"certificateId\":1}", 1 },
		{ "{\"certificateId\":\"77\"}", 77 },
		{ " \t\r\n{ \"a\" : null , \"certificateId\"\n:\t9 } \n", 9 },
		{ "{\"certificateId\":9223372036854775807}", INT64_MAX },
		{ "{\"a\":-0.5e+3,\"b\":true,\"c\":false,\"d\":0,\"e\":1E9,\"certificateId\":2}",
			2 },
		{ "{\"CertificateId\":3,\"certificateIds\":4,\"\":5,\"certificateId\":6}", 6 },
		{ "{\"x\":\"}{][\\\\\",\"certificateId\":8}", 8 },
	};
	struct err err = { 0 };
	uint64_t id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		id = 0;
		if (!parse(&id, rows[i].text, strlen(rows[i].text), &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_int_equal(id, rows[i].id);
	}
}

static void refuses_the_rest(void **state)
{
	static const char *const texts[] = { "", " ", "{", "{}", "[]", "null", "12345",
		"\"certificateId\"", "{\"certificateId\"}", "{\"certificateId\":}",
		"{\"certificateId\":1,}", "{,\"certificateId\":1}", "{\"certificateId\":1}}",
		"{\"certificateId\":1}{}", "{\"certificateId\":1} x", "{certificateId:1}",
		"{'certificateId':1}", "{\"certificateId\" 1}", "{\"certificateId\":1 \"a\":2}",
		"{\"certificateId\":0}", "{\"certificateId\":-1}", "{\"certificateId\":01}",
		"{\"certificateId\":+1}", "{\"certificateId\":1.0}", "{\"certificateId\":1e3}",
		"{\"certificateId\":0x10}", "{\"certificateId\":NaN}", "{\"certificateId\":true}",
		"{\"certificateId\":null}", "{\"certificateId\":\"\"}",
		"{\"certificateId\":\" 1\"}", "{\"certificateId\":\"1a\"}",
		"{\"certificateId\":\"01\"}", "{\"certificateId\":\"../1\"}",
		"{\"certificateId\":9223372036854775808}",
		"{\"certificateId\":99999999999999999999}", "{\"certificateId\":[1]}",
		"{\"certificateId\":{\"a\":1}}", "{\"a\":[],\"certificateId\":1}",
		"{\"a\":{},\"certificateId\":1}", "[{\"certificateId\":1}]",
		"{\"certificateId\":1,\"certificateId\":1}",
		"{\"certificateId\":1,\"certificateId\":2}", "{\"a\":\"\x01\",\"certificateId\":1}",
		"{\"a\":\"\n\",\"certificateId\":1}", "{\"a\":\"\\x41\",\"certificateId\":1}",
		"{\"a\":\"\\u12g4\",\"certificateId\":1}", "{\"a\":\"\\u123\",\"certificateId\":1}",
		"{\"a\":\"b\"c\",\"certificateId\":1}", "{\"a\":.5,\"certificateId\":1}",
		"{\"a\":1.,\"certificateId\":1}", "{\"a\":1e,\"certificateId\":1}",
		"{\"a\":--1,\"certificateId\":1}", "{\"a\":truth,\"certificateId\":1}",
		"{\"a\":/**/1,\"certificateId\":1}", "\xef\xbb\xbf{\"certificateId\":1}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = { 0 };
		uint64_t id = 42;

		if (parse(&id, texts[i], strlen(texts[i]), &err))
			fail_msg("taken: %s", texts[i]);
		assert_int_equal(err.kind, ERR_PROTOCOL);
		assert_int_equal(id, 42);
	}
}

/* Cut anywhere, it is no notification: a body that was torn is not half believed. */
static void refuses_each_beginning(void **state)
{
	struct err err = { 0 };
	uint64_t id;

	(void)state;
	for (size_t len = 0; len < strlen(WHOLE); len++)
		if (parse(&id, WHOLE, len, &err))
			fail_msg("taken at %zu bytes", len);
}

static void refuses_nul_bytes(void **state)
{
	static const char texts[][24] = { "{\"certificateId\":1\0}", "{\"certificateId\":1}\0",
		"{\0\"certificateId\":1}", "{\"certificateId\":\"1\0\"}" };
	struct err err = { 0 };
	uint64_t id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		size_t len = i == 3 ? 22 : 20;

		assert_false(parse(&id, texts[i], len, &err));
	}
}

/* Nothing is nested, so depth costs nothing: neither stack nor time. */
static void refuses_depth(void **state)
{
	static char text[16384];
	struct err err = { 0 };
	uint64_t id;

	(void)state;
	memset(text, '[', sizeof(text));
	assert_false(notice_parse(&id, text, sizeof(text), &err));
	snprintf(text, sizeof(text), "{\"a\":");
	memset(text + 5, '{', sizeof(text) - 5);
	assert_false(notice_parse(&id, text, sizeof(text), &err));
}

/* What came is not repeated: not to a log, not to whoever sent it. */
static void quotes_nothing(void **state)
{
	static const char text[] = "{\"certificateId\":\"<script>\", \"a\": \x1b[2J}";
	struct err err = { 0 };
	uint64_t id;

	(void)state;
	assert_false(parse(&id, text, strlen(text), &err));
	assert_null(strstr(err.text, "script"));
	assert_null(strchr(err.text, 0x1b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_id),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(refuses_each_beginning),
		cmocka_unit_test(refuses_nul_bytes),
		cmocka_unit_test(refuses_depth),
		cmocka_unit_test(quotes_nothing),
	};

	return cmocka_run_group_tests_name("webhook/notice", tests, NULL, NULL);
}
