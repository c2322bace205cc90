#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"
#include "csr/der.h"

struct row {
	const char *bytes;
	size_t len;
	const char *why; /* NULL: it is DER */
};

#define DER(bytes)                                                                                 \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, NULL                                                     \
	}
#define NOT_DER(bytes, why)                                                                        \
	{                                                                                          \
		bytes, sizeof(bytes) - 1, why                                                      \
	}

static const struct row rows[] = {
	DER("\x30\x00"),
	DER("\x05\x00"),
	DER("\x01\x01\x00"),
	DER("\x01\x01\xff"),
	DER("\x02\x01\x00"),
	DER("\x02\x01\x7f"),
	DER("\x02\x02\x00\x80"),
	DER("\x02\x01\x80"),
	DER("\x02\x02\xff\x7f"),
	DER("\x03\x01\x00"),
	DER("\x03\x02\x07\x80"),
	DER("\x03\x02\x00\xff"),
	DER("\x04\x00"),
	DER("\x04\x02\x30\x80"),
	DER("\x80\x01\x00"),
	DER("\xa0\x03\x02\x01\x01"),
	DER("\x31\x06\x02\x01\x01\x02\x01\x02"),
	NOT_DER("", "empty"),
	NOT_DER("\x30", "ends early"),
	NOT_DER("\x30\x01", "ends early"),
	NOT_DER("\x30\x82\x01", "ends early"),
	NOT_DER("\x30\x84\xff\xff\xff\xff", "ends early"),
	NOT_DER("\x30\x85\x01\x00\x00\x00\x00\x00", "ends early"),
	NOT_DER("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", "ends early"),
	NOT_DER("\x30\xff", "ends early"),
	NOT_DER("\x30\x00\x00", "bytes follow"),
	NOT_DER("\x30\x00\x30\x00", "bytes follow"),
	NOT_DER("\x30\x80\x00\x00", "indefinite"),
	NOT_DER("\x30\x02\x30\x80", "indefinite"),
	NOT_DER("\x30\x81\x00", "shortest"),
	NOT_DER("\x30\x81\x02\x05\x00", "shortest"),
	NOT_DER("\x30\x82\x00\x02\x05\x00", "shortest"),
	NOT_DER("\x1f\x01\x00", "more than one byte"),
	NOT_DER("\xbf\x81\x01\x00", "more than one byte"),
	NOT_DER("\x01\x01\x01", "boolean"),
	NOT_DER("\x01\x00", "boolean"),
	NOT_DER("\x01\x02\xff\xff", "boolean"),
	NOT_DER("\x02\x00", "integer"),
	NOT_DER("\x02\x02\x00\x7f", "integer"),
	NOT_DER("\x02\x02\xff\x80", "integer"),
	NOT_DER("\x0a\x02\x00\x01", "integer"),
	NOT_DER("\x03\x00", "bit string"),
	NOT_DER("\x03\x01\x01", "bit string"),
	NOT_DER("\x03\x02\x08\x00", "bit string"),
	NOT_DER("\x03\x02\x07\xc0", "bit string"),
	NOT_DER("\x05\x01\x00", "null"),
	NOT_DER("\x24\x04\x04\x02\x00\x00", "pieces"),
	NOT_DER("\x23\x03\x03\x01\x00", "pieces"),
	NOT_DER("\x2c\x03\x0c\x01\x41", "pieces"),
	NOT_DER("\x10\x00", "pieces"),
	NOT_DER("\xa0\x03\x02\x02\x00", "ends early"),
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		/* a block of its own, so that a sanitizer sees a read beyond it */
		void *copy = malloc(rows[i].len ? rows[i].len : 1);
		const char *why;

		assert_non_null(copy);
		memcpy(copy, rows[i].bytes, rows[i].len);
		why = csr_der_check(copy, rows[i].len);
		free(copy);
		if (!rows[i].why && why)
			fail_msg("row %zu: %s", i, why);
		if (rows[i].why && (!why || !strstr(why, rows[i].why)))
			fail_msg("row %zu: '%s' lacks '%s'", i, why ? why : "fine", rows[i].why);
	}
}

static void test_depth(void **state)
{
	unsigned char nested[200];

	(void)state;
	for (size_t depth = 1; depth <= 60; depth++) {
		for (size_t i = 0; i < depth; i++) {
			nested[2 * i] = 0x30;
			nested[2 * i + 1] = (unsigned char)(2 * (depth - 1 - i));
		}
		if (depth <= 32)
			assert_null(csr_der_check(nested, 2 * depth));
		if (depth >= 34)
			assert_string_equal(
				csr_der_check(nested, 2 * depth), "it is nested too deeply");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
