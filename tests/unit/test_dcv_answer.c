#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "dcv/answer.h"

#define HEX32 "0123456789abcdef0123456789abcdef"

/* Header of an answer without question and with `n` records (RFC 1035, section 4.1.1). */
static void header(struct buf *b, unsigned char n)
{
	const unsigned char bytes[] = { 0, 1, 0x84, 0, 0, 0, 0, n, 0, 0, 0, 0 };

	buf_add(b, bytes, sizeof(bytes));
}

static void name(struct buf *b, const char *text)
{
	for (; *text; text += *text == '.') {
		unsigned char len = (unsigned char)strcspn(text, ".");

		buf_add(b, &len, 1);
		buf_add(b, text, len);
		text += len;
	}
	buf_add(b, "", 1);
}

static void record(struct buf *b, const char *owner, unsigned type_class, const struct buf *data)
{
	const unsigned char fixed[] = { 0, (unsigned char)(type_class >> 8), 0,
		(unsigned char)type_class, 0, 0, 0, 60, (unsigned char)(data->len >> 8),
		(unsigned char)data->len };

	name(b, owner);
	buf_add(b, fixed, sizeof(fixed));
	buf_add(b, buf_str(data), data->len);
}

#define CNAME_IN 0x0501
#define TXT_IN 0x1001
#define TXT_CHAOS 0x1003

static void cname(struct buf *b, const char *owner, const char *target)
{
	AUTO(buf) struct buf data = BUF(300);

	name(&data, target);
	record(b, owner, CNAME_IN, &data);
}

/* Strings of `step` bytes. */
static void txt(struct buf *b, const char *text, unsigned char step, unsigned type_class)
{
	AUTO(buf) struct buf data = BUF(1000);
	size_t left = strlen(text);

	while (left) {
		unsigned char len = left < step ? (unsigned char)left : step;

		buf_add(&data, &len, 1);
		buf_add(&data, text, len);
		text += len;
		left -= len;
	}
	record(b, "_pki-validation.example.com", type_class, &data);
}

static bool has(const struct buf *b, const struct dcv_challenge *c)
{
	struct err err = { 0 };
	bool found;

	if (!dcv_answer_has(&found, (const unsigned char *)b->data, b->len, c, &err))
		fail_msg("%s", err.text);
	return found;
}

static void test_cname(void **state)
{
	struct dcv_challenge c = { .type = DCV_CNAME,
		.domain = "example.com",
		.host = "_" HEX32 ".example.com.",
		.point = "A.b.Sectigo.com." };
	AUTO(buf) struct buf b = BUF(2000);

	(void)state;
	header(&b, 2);
	cname(&b, "other.example.com", "a.b.sectigo.com");
	cname(&b, "_" HEX32 ".EXAMPLE.com", "a.b.sectigo.COM");
	assert_true(has(&b, &c));
	c.host = "_" HEX32 ".example.org.";
	assert_false(has(&b, &c));
	c.host = "_" HEX32 ".example.com";
	c.point = "b.b.sectigo.com";
	assert_false(has(&b, &c));
	c.type = DCV_TXT;
	assert_false(has(&b, &c));
}

static void test_txt(void **state)
{
	struct dcv_challenge c = { .type = DCV_TXT,
		.domain = "example.com",
		.host = "_pki-validation.example.com.",
		.point = "Text-1" };
	AUTO(buf) struct buf b = BUF(2000);

	(void)state;
	header(&b, 3);
	txt(&b, "v=spf1 -all", 255, TXT_IN);
	cname(&b, "x.example.com", "y.example.com");
	txt(&b, "Text-1", 4, TXT_IN);
	assert_true(has(&b, &c));
	c.point = "text-1";
	assert_false(has(&b, &c));
	c.point = "Text-";
	assert_false(has(&b, &c));
	c.point = "Text-12";
	assert_false(has(&b, &c));
	/* the third is in the authority section, where it proves nothing */
	b.data[7] = 2;
	b.data[9] = 1;
	c.point = "Text-1";
	assert_false(has(&b, &c));
}

static void test_other_class(void **state)
{
	const struct dcv_challenge c = {
		.type = DCV_TXT, .domain = "a", .host = "_pki-validation.a", .point = "Text-1"
	};
	AUTO(buf) struct buf b = BUF(2000);

	(void)state;
	header(&b, 1);
	txt(&b, "Text-1", 255, TXT_CHAOS);
	assert_false(has(&b, &c));
}

/* A string that says it is longer than its record does not go on in the next one. */
static void test_string_beyond_record(void **state)
{
	const struct dcv_challenge c = {
		.type = DCV_TXT, .domain = "a", .host = "_pki-validation.a", .point = "T\001a"
	};
	AUTO(buf) struct buf data = BUF(10);
	AUTO(buf) struct buf b = BUF(2000);

	(void)state;
	buf_add(&data, "\003T", 2);
	header(&b, 2);
	record(&b, "_pki-validation.a", TXT_IN, &data);
	cname(&b, "a", "b");
	assert_false(has(&b, &c));
}

/* Cut anywhere: broken or without the record, never beyond the end. */
static void test_cut(void **state)
{
	const struct dcv_challenge c = {
		.type = DCV_TXT, .domain = "a", .host = "_pki-validation.a", .point = "Text-1"
	};
	AUTO(buf) struct buf b = BUF(2000);

	(void)state;
	header(&b, 1);
	txt(&b, "Text-1", 255, TXT_IN);
	assert_true(has(&b, &c));
	for (size_t len = 0; len < b.len; len++) {
		unsigned char *copy = malloc(len ? len : 1);
		struct err err = { 0 };
		bool found = true;

		assert_non_null(copy);
		memcpy(copy, b.data, len);
		assert_false(dcv_answer_has(&found, copy, len, &c, &err));
		assert_int_equal(err.kind, ERR_UNAVAILABLE);
		assert_true(found);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cname),
		cmocka_unit_test(test_txt),
		cmocka_unit_test(test_other_class),
		cmocka_unit_test(test_string_beyond_record),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
