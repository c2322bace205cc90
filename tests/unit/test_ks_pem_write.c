/* PEM for servers: keys, plain and under a password, certificates, and all in one file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "keystore/ks_pem.h"
#include "store_scene.h"

static bool load(struct ks_credential *c, const struct buf *pem, const struct secret *password)
{
	const struct ks_credential_source src = {
		.type = KS_PEM, .data = pem->data, .len = pem->len, .password = password
	};

	memset(&scene.err, 0, sizeof(scene.err));
	return ks_credential_load(c, &src, &scene.err);
}

static void check_combined(EVP_PKEY *key, X509 *cert, const struct secret *password)
{
	AUTO(buf_secret) struct buf pem = BUF(KS_PEM_MAX);
	AUTO(ks_credential) struct ks_credential c = { 0 };
	AUTO(ks_credential) struct ks_credential none = { 0 };

	assert_true(ks_pem_combined(&pem, key, password, cert, scene.chain, &scene.err));
	if (!load(&c, &pem, password))
		fail_msg("%s", scene.err.text);
	assert_int_equal(EVP_PKEY_eq(c.key, key), 1);
	assert_int_equal(X509_cmp(c.cert, cert), 0);
	assert_int_equal(sk_X509_num(c.chain), 2);
	if (!password)
		return;
	assert_false(load(&none, &pem, NULL));
	assert_false(load(&none, &pem, scene.wrong));
	assert_non_null(strstr(scene.err.text, "wrong password"));
}

static void combined(void **state)
{
	(void)state;
	check_combined(scene.rsa_key, scene.rsa_cert, NULL);
	check_combined(scene.ec_key, scene.ec_cert, NULL);
	check_combined(scene.rsa_key, scene.rsa_cert, scene.key_password);
	check_combined(scene.ec_key, scene.ec_cert, scene.key_password);
}

/* Key, leaf, chain: servers take the first certificate for their own. */
static void order(void **state)
{
	AUTO(buf_secret) struct buf pem = BUF(KS_PEM_MAX);
	AUTO(buf) struct buf wanted = BUF(KS_PEM_MAX);
	const char *certs;

	(void)state;
	assert_true(
		ks_pem_combined(&pem, scene.ec_key, NULL, scene.ec_cert, scene.chain, &scene.err));
	assert_ptr_equal(strstr(buf_str(&pem), "-----BEGIN PRIVATE KEY-----\n"), pem.data);
	certs = strstr(buf_str(&pem), "-----BEGIN CERTIFICATE-----");
	ca_pem(&wanted, scene.ec_cert);
	ca_pem(&wanted, scene.middle);
	ca_pem(&wanted, scene.root);
	assert_string_equal(certs, buf_str(&wanted));
	assert_true(ks_pem_certificates(&wanted, NULL, &scene.err));
}

static void refused(EVP_PKEY *key, const struct secret *password, const char *says)
{
	AUTO(buf_secret) struct buf pem = BUF(KS_PEM_MAX);

	assert_false(ks_pem_key(&pem, key, password, &scene.err));
	assert_int_equal(scene.err.kind, ERR_KEYSTORE);
	assert_int_equal(pem.len, 0);
	assert_non_null(strstr(scene.err.text, says));
}

static EVP_PKEY *public_half(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	const unsigned char *at = der;
	EVP_PKEY *half = d2i_PUBKEY(NULL, &at, len);

	OPENSSL_free(der);
	assert_non_null(half);
	return half;
}

static void what_is_refused(void **state)
{
	static const char many[KS_PEM_PASSWORD_MAX + 1];
	AUTO(secret) struct secret *empty = secret_new("", 0);
	AUTO(secret) struct secret *too_long = secret_new(many, sizeof(many));
	AUTO(pkey) EVP_PKEY *half = public_half(scene.rsa_key);
	AUTO(pkey) EVP_PKEY *half_ec = public_half(scene.ec_key);
	AUTO(buf_secret) struct buf small = BUF(64);

	(void)state;
	refused(scene.rsa_key, empty, "is empty");
	refused(scene.rsa_key, too_long, "more than 1024 bytes");
	refused(half, NULL, "can't be exported");
	refused(half_ec, scene.password, "can't be exported");
	assert_false(ks_pem_key(&small, scene.rsa_key, NULL, &scene.err));
}

/* As the manual of pkcs11-provider has it; what follows a ? names PIN and module. */
static void uri_of_a_key(void **state)
{
	static const char expected[] =
		"-----BEGIN PKCS#11 PROVIDER URI-----\n"
		"MDgaGVBLQ1MjMTEgUHJvdmlkZXIgVVJJIHYxLjAMG3BrY3MxMTp0b2tlbj13ZWI7\n"
		"aWQ9JTAxJTIzYQ==\n"
		"-----END PKCS#11 PROVIDER URI-----\n";
	AUTO(buf) struct buf pem = BUF(KS_PEM_MAX);
	AUTO(buf) struct buf small = BUF(20);

	(void)state;
	assert_true(ks_pem_uri(&pem, "pkcs11:token=web;id=%01%23a?pin-value=1", &scene.err));
	assert_string_equal(buf_str(&pem), expected);
	assert_false(ks_pem_uri(&small, "pkcs11:token=web", &scene.err));
	assert_int_equal(scene.err.kind, ERR_INTERNAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(combined),
		cmocka_unit_test(order),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(uri_of_a_key),
	};

	if (!secret_init(&scene.err))
		return 1;
	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
