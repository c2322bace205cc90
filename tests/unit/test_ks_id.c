/* Ids of keys in tokens, between bytes and text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "keystore/id.h"

static void new_ids_differ(void **state)
{
	struct ks_id a;
	struct ks_id b;
	struct err err;

	(void)state;
	assert_true(ks_id_make(&a, &err));
	assert_true(ks_id_make(&b, &err));
	assert_int_equal(a.len, KS_ID_NEW);
	assert_false(ks_id_equal(&a, &b));
	assert_true(ks_id_equal(&a, &a));
}

static void text_of_any_length(void **state)
{
	char most[2 * KS_ID_MAX + 3];
	static const char *const same[] = { "01", "00", "0a0b0c", "ff00ff" };
	static const char *const bad[] = { "", "1", "012", "0g", "01 ", " 01", "01:02", "%01" };
	char text[KS_ID_HEX];
	struct ks_id id = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_true(ks_id_parse(&id, same[i]));
		assert_int_equal(id.len, strlen(same[i]) / 2);
		assert_string_equal(ks_id_format(text, &id), same[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(ks_id_parse(&id, bad[i]));
	assert_string_equal(ks_id_format(text, &id), "ff00ff");
	memset(most, 'A', sizeof(most));
	most[2 * KS_ID_MAX] = '\0';
	assert_true(ks_id_parse(&id, most));
	assert_int_equal(id.len, KS_ID_MAX);
	assert_int_equal(strspn(ks_id_format(text, &id), "a"), 2 * KS_ID_MAX);
	most[2 * KS_ID_MAX] = 'A';
	most[2 * KS_ID_MAX + 2] = '\0';
	assert_false(ks_id_parse(&id, most));
}

/* One is not the other for having the same beginning. */
static void the_length_counts(void **state)
{
	const struct ks_id one = { { 1 }, 1 };
	const struct ks_id two = { { 1, 0 }, 2 };

	(void)state;
	assert_false(ks_id_equal(&one, &two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_ids_differ),
		cmocka_unit_test(text_of_any_length),
		cmocka_unit_test(the_length_counts),
	};

	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
