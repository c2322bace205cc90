/* Time as text: the dates that exist, those that do not, and spans for people. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void dates_survive_both_ways(void **state)
{
	static const struct {
		int64_t t;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 951782399, "2000-02-28T23:59:59Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ 2147483647, "2038-01-19T03:14:07Z" },
		{ 2147483648, "2038-01-19T03:14:08Z" },
		{ 4294967296, "2106-02-07T06:28:16Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
	};
	char text[CLOCK_TEXT_MAX];
	int64_t t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(clock_format(text, rows[i].t), rows[i].text);
		t = 7;
		assert_true(clock_parse(&t, rows[i].text));
		assert_int_equal(t, rows[i].t);
	}
}

static void what_is_not_a_date_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"Z",
		"2026-11-21",
		"2026-11-21T09:00:00",
		"2026-11-21T09:00:00z",
		"2026-11-21T09:00:00+00:00",
		"2026-11-21 09:00:00Z",
		"2026-11-21T09:00:00Z ",
		" 2026-11-21T09:00:00Z",
		"2026-11-21T09:00:00.5Z",
		"2026-1-2T09:00:00Z",
		"2026-11-21T9:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2026-02-31T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2026-11-21T24:00:00Z",
		"2026-11-21T23:60:00Z",
		"2026-11-21T23:59:60Z",
		"2026-11-21T23:59:61Z",
		"12026-11-21T09:00:00Z",
		"+026-11-21T09:00:00Z",
		"-026-11-21T09:00:00Z",
		"0x7d-11-21T09:00:00Z",
		"not a date at all",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t t = 7;

		assert_false(clock_parse(&t, rows[i]));
		assert_int_equal(t, 7);
	}
}

static void any_number_has_a_text(void **state)
{
	static const int64_t rows[] = { INT64_MAX, INT64_MIN, INT64_MAX / 2, 67768036191676800,
		253402300800, -62135596801, -99999999999999 };
	char text[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		clock_format(text, rows[i]);
		assert_true(strlen(text) > 1 && strlen(text) < CLOCK_TEXT_MAX);
	}
	assert_string_equal(clock_format(text, INT64_MAX), "@9223372036854775807");
	assert_string_equal(clock_format(text, INT64_MIN), "@-9223372036854775808");
}

static void spans_show_two_units(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "0s" },
		{ 1, "1s" },
		{ 59, "59s" },
		{ 60, "1m" },
		{ 61, "1m 1s" },
		{ 3599, "59m 59s" },
		{ 3600, "1h" },
		{ 3659, "1h" },
		{ 3660, "1h 1m" },
		{ 86399, "23h 59m" },
		{ 86400, "1d" },
		{ 89999, "1d" },
		{ 90000, "1d 1h" },
		{ 199LL * 86400, "199d" },
		{ -1, "-1s" },
		{ -90000, "-1d 1h" },
		{ INT64_MAX, "106751991167300d 15h" },
		{ INT64_MIN, "-106751991167300d 15h" },
	};
	char text[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(clock_format_span(text, rows[i].seconds), rows[i].text);
}

static void clocks_run(void **state)
{
	int64_t before = clock_ms();

	(void)state;
	assert_true(clock_now() >= clock_built());
	assert_true(clock_built() > 1700000000);
	assert_true(before > 0);
	assert_true(clock_ms() >= before);
}

static void test_parse_day(void **state)
{
	(void)state;
	assert_int_equal(clock_parse_day("1970-01-02"), 86400);
	assert_int_equal(clock_parse_day("1970-01-02T10:11:12Z"), 86400);
	assert_int_equal(clock_parse_day(""), 0);
	assert_int_equal(clock_parse_day("2025-13-01"), 0);
	assert_int_equal(clock_parse_day("22.05.2025"), 0);
	assert_int_equal(clock_parse_day("2025-05-2"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_day),
		cmocka_unit_test(dates_survive_both_ways),
		cmocka_unit_test(what_is_not_a_date_is_refused),
		cmocka_unit_test(any_number_has_a_text),
		cmocka_unit_test(spans_show_two_units),
		cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
