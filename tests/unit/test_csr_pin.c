/* A key's digest as it is published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "csr/pin.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void two_forms_of_one_digest(void **state)
{
	char tlsa[CSR_TLSA_MAX];
	char pin[CSR_PIN_MAX];

	(void)state;
	assert_string_equal(csr_pin(pin, EMPTY), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	assert_string_equal(csr_tlsa(tlsa, EMPTY), "3 1 1 " EMPTY);
}

static void nothing_for_what_is_no_digest(void **state)
{
	static const char *const bad[] = { "", "e3b0", EMPTY "00", "x" EMPTY,
		"zzb0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" };
	char tlsa[CSR_TLSA_MAX];
	char pin[CSR_PIN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_string_equal(csr_pin(pin, bad[i]), "");
		assert_string_equal(csr_tlsa(tlsa, bad[i]), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_forms_of_one_digest),
		cmocka_unit_test(nothing_for_what_is_no_digest),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
