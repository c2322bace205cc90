/* Splitting, finding, sorting and joining. */
#include "base/strlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_joined(const struct strlist *l, const char *expected)
{
	AUTO(buf) struct buf b = BUF(256);

	strlist_join(&b, l, "|");
	assert_string_equal(buf_str(&b), expected);
}

static void splits(void **state)
{
	static const struct {
		const char *in;
		char separator;
		const char *out;
	} rows[] = {
		{ "", ',', "" },
		{ " \t ", ',', "" },
		{ ",,,", ',', "" },
		{ "a", ',', "a" },
		{ "a,b", ',', "a|b" },
		{ " a ,\tb\r\n, c d ,", ',', "a|b|c d" },
		{ ",a,,b,", ',', "a|b" },
		{ "a b  c", ' ', "a|b|c" },
		{ "one\ntwo\n\n", '\n', "one|two" },
		{ "a;b", ',', "a;b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(strlist) struct strlist l = { 0 };

		assert_true(strlist_split(&l, rows[i].in, rows[i].separator));
		assert_joined(&l, rows[i].out);
	}
}

static void appends_copies(void **state)
{
	AUTO(strlist) struct strlist l = { 0 };
	AUTO(strlist) struct strlist other = { 0 };
	char text[] = "abc";

	(void)state;
	assert_true(strlist_add(&l, text));
	assert_true(strlist_add_len(&l, text, 2));
	assert_true(strlist_add_len(&l, text, 0));
	text[0] = 'x';
	assert_joined(&l, "abc|ab|");
	assert_true(strlist_copy(&other, &l));
	assert_true(strlist_copy(&other, &l));
	assert_joined(&other, "abc|ab||abc|ab|");
	assert_ptr_not_equal(other.item[0], l.item[0]);
}

static void finds_exactly(void **state)
{
	AUTO(strlist) struct strlist l = { 0 };

	(void)state;
	assert_int_equal(strlist_find(&l, "a"), -1);
	assert_true(strlist_split(&l, "b,a,B,a", ','));
	assert_int_equal(strlist_find(&l, "a"), 1);
	assert_int_equal(strlist_find(&l, "B"), 2);
	assert_true(strlist_has(&l, "b"));
	assert_false(strlist_has(&l, "A"));
	assert_false(strlist_has(&l, ""));
}

static void sorts_by_bytes(void **state)
{
	AUTO(strlist) struct strlist l = { 0 };

	(void)state;
	strlist_sort(&l);
	assert_int_equal(l.n, 0);
	assert_true(strlist_split(&l, "b,a,B,10,9,\xc3\xa4,a", ','));
	strlist_sort(&l);
	assert_joined(&l, "10|9|B|a|a|b|\xc3\xa4");
}

static void is_usable_after_disposal(void **state)
{
	AUTO(strlist) struct strlist l = { 0 };

	(void)state;
	assert_true(strlist_add(&l, "a"));
	strlist_dispose(&l);
	strlist_dispose(&l);
	assert_int_equal(l.n, 0);
	assert_true(strlist_add(&l, "b"));
	assert_joined(&l, "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(appends_copies),
		cmocka_unit_test(finds_exactly),
		cmocka_unit_test(sorts_by_bytes),
		cmocka_unit_test(is_usable_after_disposal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
