/* TLS client credentials in PEM: every form a key comes in, every password case, every mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "keystore/ks_credential.h"
#include "keystore/pbe.h"
#include "p12_fixture.h"

#define PEM_MAX 65536

static struct err err;
static EVP_PKEY *key, *other_key, *root_key;
static X509 *leaf, *root, *stranger;
static struct secret *password, *wrong;

static int make_all(void **state)
{
	struct ca_spec spec;

	(void)state;
	key = ca_ec_key("P-256");
	other_key = ca_ec_key("P-256");
	root_key = ca_ec_key("P-384");
	spec = ca_issuer_spec("Root", root_key);
	root = ca_issue(&spec, NULL, root_key);
	spec = ca_leaf_spec("client", key, NULL);
	leaf = ca_issue(&spec, root, root_key);
	spec = ca_leaf_spec("stranger", other_key, NULL);
	stranger = ca_issue(&spec, root, root_key);
	password = secret_new("tops3cret", 9);
	wrong = secret_new("guess", 5);
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	EVP_PKEY_free(root_key);
	X509_free(leaf);
	X509_free(root);
	X509_free(stranger);
	secret_free(password);
	secret_free(wrong);
	return 0;
}

static void add_bio(struct buf *out, BIO *bio)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	assert_true(len > 0);
	buf_add(out, text, (size_t)len);
}

static void add_plain(struct buf *out, EVP_PKEY *k)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_PKCS8PrivateKey(bio, k, NULL, NULL, 0, NULL, NULL));
	add_bio(out, bio);
}

static void add_traditional(struct buf *out, EVP_PKEY *k, const char *pass)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_PrivateKey_traditional(bio, k, pass ? EVP_aes_128_cbc() : NULL,
		(const unsigned char *)pass, pass ? (int)strlen(pass) : 0, NULL, NULL));
	add_bio(out, bio);
}

static bool load(struct ks_credential *c, const struct buf *pem, const struct secret *pass)
{
	const struct ks_credential_source src = {
		.type = KS_PEM, .data = buf_str(pem), .len = pem->len, .password = pass
	};

	memset(&err, 0, sizeof(err));
	return ks_credential_load(c, &src, &err);
}

static void check_loads(const struct buf *pem, const struct secret *pass)
{
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!load(&c, pem, pass))
		fail_msg("%s", err.text);
	assert_int_equal(EVP_PKEY_eq(c.key, key), 1);
	assert_int_equal(X509_cmp(c.cert, leaf), 0);
	assert_null(c.ks);
	assert_true(ks_probe(c.key, &err));
	assert_int_equal(ERR_peek_error(), 0);
}

static void check_refused(const struct buf *pem, const struct secret *pass, const char *says)
{
	struct ks_credential c = { 0 };

	assert_false(load(&c, pem, pass));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_null(c.key);
	assert_null(c.chain);
	assert_null(strstr(err.text, "tops3cret"));
	assert_int_equal(ERR_peek_error(), 0);
}

static void any_order(void **state)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(ks_credential) struct ks_credential c = { 0 };

	(void)state;
	ca_pem(&pem, stranger);
	ca_pem(&pem, root);
	buf_add_str(&pem, "some text between\n");
	add_plain(&pem, key);
	ca_pem(&pem, leaf);
	check_loads(&pem, NULL);
	check_loads(&pem, password);
	assert_true(load(&c, &pem, NULL));
	assert_int_equal(sk_X509_num(c.chain), 1);
	assert_int_equal(X509_cmp(sk_X509_value(c.chain, 0), root), 0);
}

static void old_forms(void **state)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);

	(void)state;
	/* as "openssl ecparam -genkey" writes it */
	buf_add_str(&pem, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
			  "-----END EC PARAMETERS-----\n");
	add_traditional(&pem, key, NULL);
	ca_pem(&pem, leaf);
	check_loads(&pem, NULL);
	buf_reset(&pem);
	add_traditional(&pem, key, "tops3cret");
	ca_pem(&pem, leaf);
	check_loads(&pem, password);
	check_refused(&pem, wrong, "password");
	check_refused(&pem, NULL, "no password is configured");
}

static void sealed(void **state)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);

	(void)state;
	p12_sealed_pem(&pem, key, "tops3cret", NULL);
	ca_pem(&pem, leaf);
	check_loads(&pem, password);
	check_refused(&pem, wrong, "wrong password");
	check_refused(&pem, NULL, "no password is configured");
}

static void bombs_are_not_set_off(void **state)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	X509_ALGOR *bomb = p12_algorithm(P12_BOMB);
	X509_ALGOR *scrypt = p12_algorithm(0);

	(void)state;
	p12_sealed_pem(&pem, key, "tops3cret", bomb);
	check_refused(&pem, password, "5000000 rounds");
	buf_reset(&pem);
	p12_sealed_pem(&pem, key, "tops3cret", scrypt);
	check_refused(&pem, password, "scrypt");
	X509_ALGOR_free(bomb);
	X509_ALGOR_free(scrypt);
}

static void rounds_add_up(void **state)
{
	ASN1_INTEGER *rounds = ASN1_INTEGER_new();
	long budget = 10;

	(void)state;
	assert_true(ASN1_INTEGER_set(rounds, 6));
	assert_true(pbe_spend(&budget, rounds, &err));
	assert_false(pbe_spend(&budget, rounds, &err));
	assert_true(ASN1_INTEGER_set(rounds, 4));
	assert_true(pbe_spend(&budget, rounds, &err));
	assert_int_equal(budget, 0);
	assert_false(pbe_spend(&budget, NULL, &err));
	budget = 11;
	assert_true(pbe_spend(&budget, NULL, &err));
	assert_true(ASN1_INTEGER_set(rounds, 0));
	assert_false(pbe_spend(&budget, rounds, &err));
	assert_true(ASN1_INTEGER_set(rounds, -1));
	assert_false(pbe_spend(&budget, rounds, &err));
	assert_true(ASN1_INTEGER_set_uint64(rounds, UINT64_MAX));
	assert_false(pbe_spend(&budget, rounds, &err));
	assert_int_equal(budget, 10);
	ASN1_INTEGER_free(rounds);
}

static void the_longer_certificate_wins(void **state)
{
	struct ca_spec spec = ca_leaf_spec("client", key, NULL);
	AUTO(x509) X509 *renewed = NULL;
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(ks_credential) struct ks_credential c = { 0 };

	(void)state;
	spec.not_after += 100L * CA_DAY;
	renewed = ca_issue(&spec, root, root_key);
	add_plain(&pem, key);
	ca_pem(&pem, leaf);
	ca_pem(&pem, renewed);
	ca_pem(&pem, leaf);
	assert_true(load(&c, &pem, NULL));
	assert_int_equal(X509_cmp(c.cert, renewed), 0);
	assert_int_equal(sk_X509_num(c.chain), 0);
}

static void mistakes_are_named(void **state)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);

	(void)state;
	check_refused(&pem, NULL, "no private key");
	ca_pem(&pem, leaf);
	check_refused(&pem, NULL, "no private key");
	add_plain(&pem, other_key);
	check_refused(&pem, NULL, "belongs to its private key");
	add_plain(&pem, key);
	check_refused(&pem, NULL, "two private keys");
	buf_reset(&pem);
	add_plain(&pem, key);
	check_refused(&pem, NULL, "no certificate");
	buf_add_str(&pem, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	check_refused(&pem, NULL, "certificate 1 is damaged");
	buf_reset(&pem);
	add_plain(&pem, key);
	ca_pem(&pem, leaf);
	pem.len -= 10;
	check_refused(&pem, NULL, "damaged");
}

/* Who asks for no certificate gets none; one of another key is half of something all the same. */
static void bare_key(void **state)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(ks_credential) struct ks_credential c = { 0 };
	struct ks_credential_source src = { .type = KS_PEM, .bare = true };

	(void)state;
	add_plain(&pem, key);
	src.data = buf_str(&pem);
	src.len = pem.len;
	assert_true(ks_credential_load(&c, &src, &err));
	assert_int_equal(EVP_PKEY_eq(c.key, key), 1);
	assert_null(c.cert);
	assert_int_equal(sk_X509_num(c.chain), 0);
	ks_credential_dispose(&c);
	ca_pem(&pem, root);
	src.data = buf_str(&pem);
	src.len = pem.len;
	assert_false(ks_credential_load(&c, &src, &err));
	assert_non_null(strstr(err.text, "belongs to its private key"));
}

static void der_is_not_pem(void **state)
{
	AUTO(buf) struct buf der = BUF(PEM_MAX);

	(void)state;
	ca_der(&der, leaf);
	check_refused(&der, NULL, "no private key");
}

static void disposing_is_always_safe(void **state)
{
	struct ks_credential c = { 0 };
	AUTO(buf) struct buf pem = BUF(PEM_MAX);

	(void)state;
	ks_credential_dispose(&c);
	add_plain(&pem, key);
	ca_pem(&pem, leaf);
	assert_true(load(&c, &pem, NULL));
	ks_credential_dispose(&c);
	ks_credential_dispose(&c);
	assert_null(c.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(old_forms),
		cmocka_unit_test(sealed),
		cmocka_unit_test(bombs_are_not_set_off),
		cmocka_unit_test(rounds_add_up),
		cmocka_unit_test(the_longer_certificate_wins),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(bare_key),
		cmocka_unit_test(der_is_not_pem),
		cmocka_unit_test(disposing_is_always_safe),
	};

	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, make_all, free_all);
}
