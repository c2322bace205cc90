#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>

#include "ca_fixture.h"
#include "csr/key.h"
#include "csr/weak.h"

AUTO_DEFINE(bignum, BIGNUM *, BN_free);
AUTO_DEFINE(bn_ctx, BN_CTX *, BN_CTX_free);

static void test_good_keys(void **state)
{
	EVP_PKEY *const keys[] = { ca_rsa_key(2048, 65537), ca_rsa_key(3072, 65537),
		ca_rsa_key(2056, 65539), ca_ec_key("P-256"), ca_ec_key("P-384"),
		ca_ec_key("P-521") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct err err = { 0 };

		if (!csr_check_key(keys[i], &err))
			fail_msg("key %zu: %s", i, err.text);
		EVP_PKEY_free(keys[i]);
	}
}

static void refuse(EVP_PKEY *key, const char *message)
{
	struct err err = { 0 };

	assert_non_null(key);
	if (csr_check_key(key, &err))
		fail_msg("%s: accepted", message);
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, message))
		fail_msg("message '%s' lacks '%s'", err.text, message);
	EVP_PKEY_free(key);
}

static EVP_PKEY *explicit_curve(void)
{
	EVP_PKEY *key = ca_ec_key("P-256");

	assert_true(EVP_PKEY_set_utf8_string_param(
		key, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT));
	return key;
}

static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	assert_true(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void test_bad_keys(void **state)
{
	(void)state;
	refuse(ca_rsa_key(1024, 65537), "1024 bits");
	refuse(ca_rsa_key(2047, 65537), "in whole bytes");
	refuse(ca_rsa_key(2048, 3), "exponent");
	refuse(ca_rsa_key(2048, 17), "exponent");
	refuse(ca_rsa_key(2048, 65535), "exponent");
	refuse(ca_odd_exponent_key(1), "exponent");
	refuse(ca_odd_exponent_key(65538), "exponent");
	refuse(ca_ec_key("P-224"), "secp224r1");
	refuse(ca_ec_key("secp256k1"), "secp256k1");
	refuse(explicit_curve(), "spells its curve out");
	refuse(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "RSA or EC");
	refuse(pss_key(), "RSASSA-PSS");
}

/* n = p * q */
static EVP_PKEY *key_of(const BIGNUM *p, const BIGNUM *q)
{
	AUTO(bn_ctx) BN_CTX *ctx = BN_CTX_new();
	AUTO(bignum) BIGNUM *n = BN_new();

	assert_true(BN_mul(n, p, q, ctx));
	assert_int_equal(BN_num_bits(n) % 8, 0);
	return ca_modulus_key(n);
}

static BIGNUM *random_number(int bits)
{
	BIGNUM *n = BN_new();

	assert_true(BN_rand(n, bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD));
	return n;
}

static void test_small_factor(void **state)
{
	static const unsigned long factors[] = { 3, 5, 251, 743, 751 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(factors); i++) {
		AUTO(bignum) BIGNUM *n = random_number(2048);
		AUTO(bignum) BIGNUM *rest = BN_new();

		assert_true(BN_set_word(rest, BN_mod_word(n, factors[i])));
		assert_true(BN_sub(n, n, rest));
		/* back to odd, still a multiple */
		if (!BN_is_odd(n))
			assert_true(BN_sub_word(n, factors[i]));
		assert_int_equal(BN_num_bits(n), 2048);
		refuse(ca_modulus_key(n), "small prime factor");
	}
}

/* p and the next prime but a few: what CVE-2022-26320 made. */
static void test_close_primes(void **state)
{
	AUTO(bn_ctx) BN_CTX *ctx = BN_CTX_new();
	AUTO(bignum) BIGNUM *p = BN_new();
	AUTO(bignum) BIGNUM *q = NULL;

	(void)state;
	assert_true(BN_generate_prime_ex(p, 1024, 0, NULL, NULL, NULL));
	q = BN_dup(p);
	do
		assert_true(BN_add_word(q, 2));
	while (BN_check_prime(q, ctx, NULL) != 1);
	refuse(key_of(p, q), "too close");
	refuse(key_of(p, p), "too close");
}

/* p = k * M + (65537^a mod M), M the product of the small primes: Nemec et al., CCS 2017. */
static BIGNUM *roca_prime(BN_CTX *ctx)
{
	AUTO(bignum) BIGNUM *product = BN_new();
	AUTO(bignum) BIGNUM *generator = BN_new();
	AUTO(bignum) BIGNUM *power = BN_new();
	BIGNUM *p = BN_new();

	assert_true(BN_set_word(product, 1) && BN_set_word(generator, 65537));
	for (unsigned d = 2; d <= 701; d++) {
		bool prime = true;

		for (unsigned f = 2; f * f <= d; f++)
			prime = prime && d % f;
		if (prime)
			assert_true(BN_mul_word(product, d));
	}
	do {
		AUTO(bignum) BIGNUM *a = random_number(60);
		AUTO(bignum) BIGNUM *k = random_number(1024 - BN_num_bits(product));

		assert_true(BN_mod_exp(power, generator, a, product, ctx));
		assert_true(BN_mul(p, k, product, ctx) && BN_add(p, p, power));
	} while (BN_check_prime(p, ctx, NULL) != 1);
	return p;
}

static void test_roca(void **state)
{
	AUTO(bn_ctx) BN_CTX *ctx = BN_CTX_new();
	AUTO(bignum) BIGNUM *p = roca_prime(ctx);
	AUTO(bignum) BIGNUM *q = roca_prime(ctx);
	AUTO(bignum) BIGNUM *n = BN_new();

	(void)state;
	assert_true(BN_mul(n, p, q, ctx));
	assert_non_null(csr_weak_modulus(n));
	assert_non_null(strstr(csr_weak_modulus(n), "ROCA"));
}

/* Products of random primes, as good generators make them; 1024 bits, for there are many. */
static void test_no_false_alarm(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		AUTO(bn_ctx) BN_CTX *ctx = BN_CTX_new();
		AUTO(bignum) BIGNUM *p = BN_new();
		AUTO(bignum) BIGNUM *q = BN_new();
		AUTO(bignum) BIGNUM *n = BN_new();

		assert_true(BN_generate_prime_ex(p, 512, 0, NULL, NULL, NULL));
		assert_true(BN_generate_prime_ex(q, 512, 0, NULL, NULL, NULL));
		assert_true(BN_mul(n, p, q, ctx));
		assert_null(csr_weak_modulus(n));
	}
}

static void test_fingerprint_of_known_bytes(void **state)
{
	char hex[CSR_SHA256_HEX];

	(void)state;
	assert_true(csr_der_fingerprint(hex, "abc", 3));
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* The fingerprint of a request is that of the SubjectPublicKeyInfo as OpenSSL writes the key. */
static void test_spki_of_request_and_certificate(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(pkey) EVP_PKEY *other = ca_ec_key("P-256");
	struct ca_spec spec = ca_leaf_spec("a.example", key, "DNS:a.example");
	AUTO(x509) X509 *cert = ca_issue(&spec, NULL, key);
	AUTO(buf) struct buf request = BUF(16384);
	AUTO(buf) struct buf pem = BUF(16384);
	AUTO(buf) struct buf spki = BUF(CSR_SPKI_MAX);
	char of_key[CSR_SHA256_HEX];
	char hex[CSR_SHA256_HEX];
	struct err err = { 0 };

	(void)state;
	ca_request(&request, key);
	ca_pem(&pem, cert);
	assert_true(csr_key_spki(&spki, key, &err));
	assert_true(csr_der_fingerprint(of_key, spki.data, spki.len));
	assert_true(csr_fingerprint_spki(hex, request.data, request.len, &err));
	assert_string_equal(hex, of_key);
	assert_true(csr_fingerprint_spki(hex, pem.data, pem.len, &err));
	assert_string_equal(hex, of_key);
	assert_true(csr_matches_key(request.data, request.len, key, &err));
	assert_true(csr_matches_key(pem.data, pem.len, key, &err));
	assert_false(csr_matches_key(request.data, request.len, other, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
}

static void test_damaged_request(void **state)
{
	static const char *const texts[] = { "", "nonsense",
		"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n" };
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char hex[CSR_SHA256_HEX] = "untouched";
		struct err err = { 0 };

		assert_false(csr_fingerprint_spki(hex, texts[i], strlen(texts[i]), &err));
		assert_int_equal(err.kind, ERR_IO);
		assert_string_equal(hex, "untouched");
		assert_false(csr_matches_key(texts[i], strlen(texts[i]), key, &err));
		assert_int_equal(err.kind, ERR_IO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_keys),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_small_factor),
		cmocka_unit_test(test_close_primes),
		cmocka_unit_test(test_roca),
		cmocka_unit_test(test_no_false_alarm),
		cmocka_unit_test(test_fingerprint_of_known_bytes),
		cmocka_unit_test(test_spki_of_request_and_certificate),
		cmocka_unit_test(test_damaged_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
