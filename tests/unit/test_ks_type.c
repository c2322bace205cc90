/* The table of key types: names both ways, and the type of a key that exists. */
#include "keystore/type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_read_back(void **state)
{
	(void)state;
	for (int i = 0; i < KS_KEY_TYPE_COUNT; i++) {
		enum ks_key_type type = KS_KEY_TYPE_COUNT;

		assert_true(ks_key_type_parse(&type, ks_key_type_name((enum ks_key_type)i)));
		assert_int_equal(type, i);
	}
}

static void case_does_not_matter(void **state)
{
	enum ks_key_type type = KS_KEY_TYPE_COUNT;

	(void)state;
	assert_true(ks_key_type_parse(&type, "RSA:3072"));
	assert_int_equal(type, KS_RSA_3072);
	assert_true(ks_key_type_parse(&type, "EC:p-384"));
	assert_int_equal(type, KS_EC_P384);
}

static void others_are_refused(void **state)
{
	static const char *const wrong[] = { "", "rsa", "rsa:", "rsa:1024", "rsa:2047", "rsa:20480",
		"rsa: 2048", "ec:P256", "ec:P-2567", "ec:secp256k1", "ed25519", "ec:P-256 " };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		enum ks_key_type type = KS_KEY_TYPE_COUNT;

		assert_false(ks_key_type_parse(&type, wrong[i]));
		assert_int_equal(type, KS_KEY_TYPE_COUNT);
	}
}

static void parameters_are_those_of_the_curves(void **state)
{
	(void)state;
	for (int i = KS_EC_P256; i <= KS_EC_P521; i++) {
		const struct ks_key_spec *spec = ks_key_spec((enum ks_key_type)i);
		const unsigned char *at = spec->ec_params;
		ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &at, (long)spec->ec_params_len);

		assert_non_null(oid);
		assert_ptr_equal(at, spec->ec_params + spec->ec_params_len);
		assert_string_equal(OBJ_nid2sn(OBJ_obj2nid(oid)), spec->group);
		ASN1_OBJECT_free(oid);
	}
}

static void types_of_keys(void **state)
{
	static const struct row {
		const char *group;
		size_t bits;
		int type; /* -1: none */
	} rows[] = {
		{ "P-256", 0, KS_EC_P256 },
		{ "secp384r1", 0, KS_EC_P384 },
		{ "P-521", 0, KS_EC_P521 },
		{ "secp256k1", 0, -1 },
		{ NULL, 2048, KS_RSA_2048 },
		{ NULL, 1024, -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(pkey)
		EVP_PKEY *key = rows[i].group ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", rows[i].group)
					      : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", rows[i].bits);
		enum ks_key_type type = KS_KEY_TYPE_COUNT;

		assert_non_null(key);
		assert_int_equal(ks_key_type_of(&type, key), rows[i].type >= 0);
		assert_int_equal(type, rows[i].type >= 0 ? rows[i].type : KS_KEY_TYPE_COUNT);
	}
}

static void ed25519_is_none(void **state)
{
	AUTO(pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	enum ks_key_type type;

	(void)state;
	assert_non_null(key);
	assert_false(ks_key_type_of(&type, key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_read_back),
		cmocka_unit_test(case_does_not_matter),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(parameters_are_those_of_the_curves),
		cmocka_unit_test(types_of_keys),
		cmocka_unit_test(ed25519_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
