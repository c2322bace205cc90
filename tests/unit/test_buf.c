/* Limits, sticky failure, growth, and text from outside made printable. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LIT(s) (s), sizeof(s) - 1

static void is_empty_at_birth(void **state)
{
	AUTO(buf) struct buf b = BUF(8);

	(void)state;
	assert_null(b.data);
	assert_string_equal(buf_str(&b), "");
	assert_true(buf_ok(&b));
}

static void holds_its_limit_and_not_a_byte_more(void **state)
{
	(void)state;
	for (size_t limit = 0; limit <= 300; limit++) {
		AUTO(buf) struct buf b = BUF(limit);

		for (size_t i = 0; i < limit; i++)
			buf_add(&b, "x", 1);
		assert_true(buf_ok(&b));
		assert_int_equal(b.len, limit);
		assert_int_equal(strlen(buf_str(&b)), limit);
		buf_add(&b, "y", 1);
		assert_false(buf_ok(&b));
		assert_int_equal(b.len, limit);
	}
}

static void stays_failed(void **state)
{
	AUTO(buf) struct buf b = BUF(4);
	struct err err;

	(void)state;
	buf_add_str(&b, "abc");
	buf_add_str(&b, "defg");
	buf_add_str(&b, "d");
	buf_addf(&b, "%d", 1);
	buf_add_hex(&b, "", 0);
	buf_add_printable(&b, "e", 1);
	assert_null(buf_extend(&b, 1));
	assert_false(buf_ok(&b));
	assert_string_equal(buf_str(&b), "abc");
	assert_null(buf_detach(&b));
	assert_false(buf_check(&b, "the name", &err));
	assert_int_equal(err.kind, ERR_INTERNAL);
	assert_non_null(strstr(err.text, "the name"));
	assert_non_null(strstr(err.text, "4 bytes"));
	buf_reset(&b);
	assert_true(buf_ok(&b));
	buf_add_str(&b, "wxyz");
	assert_string_equal(buf_str(&b), "wxyz");
	assert_true(buf_check(&b, "the name", &err));
}

static void refuses_lengths_that_overflow(void **state)
{
	AUTO(buf) struct buf b = BUF(SIZE_MAX);

	(void)state;
	buf_add_str(&b, "a");
	assert_null(buf_extend(&b, SIZE_MAX));
	assert_false(buf_ok(&b));
	buf_reset(&b);
	buf_add_hex(&b, "", SIZE_MAX / 2 + 1);
	assert_false(buf_ok(&b));
}

static void adds_formatted_text(void **state)
{
	AUTO(buf) struct buf b = BUF(200);

	(void)state;
	buf_addf(&b, "%s=%d", "a", 42);
	buf_addf(&b, "%s", "");
	buf_addf(&b, ";%0100d", 0);
	assert_int_equal(b.len, 4 + 1 + 100);
	assert_memory_equal(b.data, "a=42;000", 8);
	buf_addf(&b, "%0100d", 0);
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 105);
}

static void adds_bytes_and_hex(void **state)
{
	AUTO(buf) struct buf b = BUF(64);

	(void)state;
	buf_add(&b, "\0\xff", 2);
	buf_add(&b, NULL, 0);
	assert_int_equal(b.len, 2);
	buf_reset(&b);
	buf_add_hex(&b, "\x00\x9a\xff", 3);
	assert_string_equal(buf_str(&b), "009aff");
}

static void gives_its_memory_away(void **state)
{
	AUTO(buf) struct buf b = BUF(8);

	(void)state;
	AUTO_STR char *empty = buf_detach(&b);
	assert_string_equal(empty, "");
	buf_add_str(&b, "12345678");
	AUTO_STR char *full = buf_detach(&b);
	assert_string_equal(full, "12345678");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 8);
	buf_add_str(&b, "again");
	assert_string_equal(buf_str(&b), "again");
}

static void is_usable_after_a_wipe(void **state)
{
	AUTO(buf_secret) struct buf b = BUF(8);

	(void)state;
	buf_wipe(&b);
	buf_add_str(&b, "secret");
	buf_wipe(&b);
	assert_null(b.data);
	buf_add_str(&b, "again");
	assert_string_equal(buf_str(&b), "again");
}

static void makes_text_printable(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} rows[] = {
		{ LIT(""), "" },
		{ LIT("plain text ~"), "plain text ~" },
		{ LIT("a\\b \\x1b"), "a\\b \\x1b" },
		{ LIT("\0\t\n\r\x1b[0m\x7f"), "\\x00\\x09\\x0a\\x0d\\x1b[0m\\x7f" },
		{ LIT("B\xc3\xbc"
		      "cher \xe2\x82\xac \xf0\x9f\x94\x91"),
			"B\xc3\xbc"
			"cher \xe2\x82\xac \xf0\x9f\x94\x91" },
		/* C1 controls, raw and as UTF-8; U+00A0 is the first that passes */
		{ LIT("\x9b"), "\\x9b" },
		{ LIT("\xc2\x80\xc2\x9f\xc2\xa0"), "\\xc2\\x80\\xc2\\x9f\xc2\xa0" },
		/* overlong forms, a lone continuation, sequences cut short */
		{ LIT("\xc0\xaf"), "\\xc0\\xaf" },
		{ LIT("\xc1\xbf"), "\\xc1\\xbf" },
		{ LIT("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf" },
		{ LIT("\xf0\x8f\xbf\xbf"), "\\xf0\\x8f\\xbf\\xbf" },
		{ LIT("\x80"), "\\x80" },
		{ LIT("\xe2\x82"), "\\xe2\\x82" },
		{ LIT("\xe2\x82X"), "\\xe2\\x82X" },
		{ LIT("\xc3"), "\\xc3" },
		/* surrogates, beyond Unicode, bytes that never occur */
		{ LIT("\xed\xa0\x80"), "\\xed\\xa0\\x80" },
		{ LIT("\xf4\x8f\xbf\xbd"), "\xf4\x8f\xbf\xbd" },
		{ LIT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80" },
		{ LIT("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80" },
		{ LIT("\xfe\xff"), "\\xfe\\xff" },
		/* marks that reorder or hide text: U+061C U+200B U+200F U+202E U+2066 U+2069 U+FEFF
		 */
		{ LIT("\xd8\x9c"), "\\xd8\\x9c" },
		{ LIT("\xe2\x80\x8b"), "\\xe2\\x80\\x8b" },
		{ LIT("\xe2\x80\x8f"), "\\xe2\\x80\\x8f" },
		{ LIT("\xe2\x80\xae"), "\\xe2\\x80\\xae" },
		{ LIT("\xe2\x81\xa6\xe2\x81\xa9"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
		{ LIT("\xef\xbb\xbf"), "\\xef\\xbb\\xbf" },
		/* line and paragraph separators; tag characters, U+E0041 */
		{ LIT("\xe2\x80\xa8\xe2\x80\xa9"), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9" },
		{ LIT("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81" },
		/* the neighbours of those pass: U+061B U+2010 U+2027 U+202F */
		{ LIT("\xd8\x9b\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf"),
			"\xd8\x9b\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf) struct buf b = BUF(256);

		buf_add_printable(&b, rows[i].in, rows[i].len);
		assert_true(buf_ok(&b));
		assert_string_equal(buf_str(&b), rows[i].out);
	}
}

static void no_byte_breaks_out_of_a_line(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 65536; c++) {
		const char in[3] = { (char)(c >> 8), (char)c, 'z' };
		AUTO(buf) struct buf b = BUF(16);

		buf_add_printable(&b, in, sizeof(in));
		assert_true(buf_ok(&b));
		assert_int_equal(strlen(b.data), b.len);
		for (size_t i = 0; i < b.len; i++)
			assert_true((unsigned char)b.data[i] >= 0x20 && b.data[i] != 0x7f);
		assert_int_equal(b.data[b.len - 1], 'z');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_at_birth),
		cmocka_unit_test(holds_its_limit_and_not_a_byte_more),
		cmocka_unit_test(stays_failed),
		cmocka_unit_test(refuses_lengths_that_overflow),
		cmocka_unit_test(adds_formatted_text),
		cmocka_unit_test(adds_bytes_and_hex),
		cmocka_unit_test(gives_its_memory_away),
		cmocka_unit_test(is_usable_after_a_wipe),
		cmocka_unit_test(makes_text_printable),
		cmocka_unit_test(no_byte_breaks_out_of_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
