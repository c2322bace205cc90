/* Text to values: what is accepted, what is not, and that a refusal changes nothing. */
#include "base/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state)
{
	static const struct {
		const char *in;
		uint64_t min;
		uint64_t max;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0, true, 0 },
		{ "007", 0, 10, true, 7 },
		{ "10", 1, 10, true, 10 },
		{ "11", 1, 10, false, 0 },
		{ "0", 1, 10, false, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, false, 0 },
		{ "18446744073709551620", 0, UINT64_MAX, false, 0 },
		{ "99999999999999999999999999", 0, UINT64_MAX, false, 0 },
		{ "", 0, 10, false, 0 },
		{ " 1", 0, 10, false, 0 },
		{ "1 ", 0, 10, false, 0 },
		{ "+1", 0, 10, false, 0 },
		{ "-1", 0, UINT64_MAX, false, 0 },
		{ "0x1", 0, 10, false, 0 },
		{ "1e1", 0, 10, false, 0 },
		{ "1.0", 0, 10, false, 0 },
		{ "\xd9\xa1", 0, 10, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t value = 77;

		assert_int_equal(
			parse_uint(&value, rows[i].in, rows[i].min, rows[i].max), rows[i].good);
		assert_int_equal(value, rows[i].good ? rows[i].value : 77);
	}
}

static void truths(void **state)
{
	static const char *const yes[] = { "yes", "YES", "true", "On", "1" };
	static const char *const no[] = { "no", "False", "off", "0" };
	static const char *const neither[] = { "", "y", "n", "yes ", "2", "tru", "enable" };
	bool b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		b = false;
		assert_true(parse_bool(&b, yes[i]));
		assert_true(b);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		b = true;
		assert_true(parse_bool(&b, no[i]));
		assert_false(b);
	}
	for (size_t i = 0; i < ARRAY_LEN(neither); i++) {
		b = true;
		assert_false(parse_bool(&b, neither[i]));
		assert_true(b);
	}
}

static void durations(void **state)
{
	static const struct {
		const char *in;
		int64_t seconds; /* -1: refused */
	} rows[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "90s", 90 },
		{ "15m", 900 },
		{ "12h", 43200 },
		{ "30d", 2592000 },
		{ "36600d", 3162240000 },
		{ "36601d", -1 },
		{ "3162240000s", 3162240000 },
		{ "3162240001s", -1 },
		{ "999999999999999d", -1 },
		{ "9999999999999999d", -1 },
		{ "99999999999999999999d", -1 },
		{ "", -1 },
		{ "s", -1 },
		{ "1", -1 },
		{ "00", -1 },
		{ "1w", -1 },
		{ "1D", -1 },
		{ "-1s", -1 },
		{ "1.5h", -1 },
		{ "1h30m", -1 },
		{ "1 h", -1 },
		{ " 1h", -1 },
		{ "1h ", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t seconds = 77;

		assert_int_equal(parse_duration(&seconds, rows[i].in), rows[i].seconds >= 0);
		assert_int_equal(seconds, rows[i].seconds >= 0 ? rows[i].seconds : 77);
	}
}

static void modes(void **state)
{
	static const struct {
		const char *in;
		unsigned mode; /* 01000: refused */
	} rows[] = {
		{ "0640", 0640 },
		{ "640", 0640 },
		{ "0", 0 },
		{ "0777", 0777 },
		{ "777", 0777 },
		{ "1777", 01000 },
		{ "4755", 01000 },
		{ "", 01000 },
		{ "0888", 01000 },
		{ "00640", 01000 },
		{ "u=rw", 01000 },
		{ "-1", 01000 },
		{ "64 ", 01000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned mode = 77;

		assert_int_equal(parse_mode(&mode, rows[i].in), rows[i].mode < 01000);
		assert_int_equal(mode, rows[i].mode < 01000 ? rows[i].mode : 77);
	}
}

static void hexadecimal(void **state)
{
	static const char *const bad[] = { "", "0", "00ff9", "00ff9a0", "00ff9a00", "00ff9g",
		"00 f9a", "0x00ff", "00ff9\xc3" };
	unsigned char out[3] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(parse_hex(out, sizeof(out), bad[i]));
		assert_memory_equal(out, "\1\2\3", 3);
	}
	assert_true(parse_hex(out, sizeof(out), "00Ff9a"));
	assert_memory_equal(out, "\x00\xff\x9a", 3);
	assert_true(parse_hex(out, 0, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(truths),
		cmocka_unit_test(durations),
		cmocka_unit_test(modes),
		cmocka_unit_test(hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
