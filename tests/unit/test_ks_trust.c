/* Trust stores of each type as PEM: which certificates count, and which do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "jks_fixture.h"
#include "jks_vectors.h"
#include "keystore/ks_trust.h"
#include "p12_fixture.h"

static struct err err;
static EVP_PKEY *key;
static X509 *leaf, *first, *second;
static struct secret *password, *wrong, *foreign;

static int make_all(void **state)
{
	struct ca_spec spec;

	(void)state;
	key = ca_ec_key("P-256");
	spec = ca_issuer_spec("First", key);
	first = ca_issue(&spec, NULL, key);
	spec = ca_issuer_spec("Second", key);
	second = ca_issue(&spec, NULL, key);
	spec = ca_leaf_spec("leaf", key, NULL);
	leaf = ca_issue(&spec, first, key);
	password = secret_new("changeit", 8);
	wrong = secret_new("guess", 5);
	foreign = secret_new(VECTOR_JKS_PASSWORD, strlen(VECTOR_JKS_PASSWORD));
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	X509_free(leaf);
	X509_free(first);
	X509_free(second);
	secret_free(password);
	secret_free(wrong);
	secret_free(foreign);
	return 0;
}

static bool load(struct buf *out, enum ks_credential_type type, const struct buf *file,
	const struct secret *with)
{
	memset(&err, 0, sizeof(err));
	return ks_trust_load(out, type, file->data, file->len, with, &err);
}

/* The PEM of exactly these two certificates. */
static void check_both(
	enum ks_credential_type type, const struct buf *file, const struct secret *with)
{
	AUTO(buf) struct buf wanted = BUF(JKS_FILE_MAX);
	AUTO(buf) struct buf pem = BUF(JKS_FILE_MAX);

	ca_pem(&wanted, first);
	ca_pem(&wanted, second);
	if (!load(&pem, type, file, with))
		fail_msg("%s", err.text);
	assert_string_equal(buf_str(&pem), buf_str(&wanted));
	assert_int_equal(ERR_peek_error(), 0);
}

static void check_refused(enum ks_credential_type type, const struct buf *file,
	const struct secret *with, const char *says)
{
	AUTO(buf) struct buf pem = BUF(JKS_FILE_MAX);

	assert_false(load(&pem, type, file, with));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_int_equal(pem.len, 0);
	assert_int_equal(ERR_peek_error(), 0);
}

static void pem(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

	(void)state;
	check_refused(KS_PEM, &file, NULL, "holds no trusted certificate");
	buf_add_str(&file, "# First\n");
	ca_pem(&file, first);
	buf_add_str(&file, "-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n");
	ca_pem(&file, second);
	check_both(KS_PEM, &file, NULL);
	buf_add_str(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	check_refused(KS_PEM, &file, NULL, "certificate 3 is damaged");
}

static void java(void **state)
{
	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
		const struct jks_spec spec = {
			.jceks = jceks,
			.password = "changeit",
			.item = {
				{ JKS_CERTIFICATE, .alias = "b", .cert = { first } },
				{ JKS_PRIVATE_KEY, "key", key, .cert = { leaf, first } },
				{ JKS_CERTIFICATE, .alias = "a", .cert = { second } },
			},
		};

		jks_make(&file, &spec);
		check_both(KS_JKS, &file, password);
		check_both(KS_JCEKS, &file, password);
		check_refused(KS_JKS, &file, wrong, "wrong password for the key store");
		check_refused(KS_JKS, &file, NULL, "needs a password");
		check_refused(KS_PKCS12, &file, password, "not a PKCS #12 file");
	}
}

static void keys_are_not_trusted(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	const struct jks_spec spec = { .password = "changeit",
		.item = { { JKS_PRIVATE_KEY, "key", key, .cert = { leaf, first } } } };

	(void)state;
	jks_make(&file, &spec);
	check_refused(KS_JKS, &file, password, "holds no trusted certificate");
}

static void damaged_certificate(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	const struct jks_spec spec = { .password = "changeit",
		.item = { { JKS_CERTIFICATE, .alias = "mine", .cert = { first } } } };

	(void)state;
	jks_make(&file, &spec);
	file.data[12 + 4 + 6 + 8 + 7 + 4] ^= 1;
	jks_fix_digest(file.data, file.len, "changeit");
	check_refused(KS_JKS, &file, password, "a certificate of the entry 'mine' is damaged");
}

static void pkcs12(void **state)
{
	static const enum ks_credential_type types[] = { KS_PKCS12, KS_JKS, KS_JCEKS };
	const struct p12_spec spec = { .password = "changeit", .cert = { first, second } };
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

	(void)state;
	p12_make(&file, &spec);
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		check_both(types[i], &file, password);
		check_refused(types[i], &file, wrong, "wrong password");
	}
}

/* Made by PKCS12_create(), which marks the certificate of the key. */
static void pkcs12_with_a_key(void **state)
{
	AUTO(x509_stack) STACK_OF(X509) *others = sk_X509_new_null();
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	unsigned char *der = NULL;
	PKCS12 *p12;
	int len;

	(void)state;
	X509_up_ref(first);
	X509_up_ref(second);
	sk_X509_push(others, first);
	sk_X509_push(others, second);
	p12 = PKCS12_create("changeit", "scm", key, leaf, others, 0, 0, 0, 0, 0);
	len = i2d_PKCS12(p12, &der);
	assert_true(len > 0);
	buf_add(&file, der, (size_t)len);
	OPENSSL_free(der);
	PKCS12_free(p12);
	check_both(KS_PKCS12, &file, password);
}

static void what_java_has_made(void **state)
{
	const struct {
		const char *vector;
		const struct secret *password;
	} vectors[] = { { vector_jks, foreign }, { vector_jceks, password } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
		AUTO(buf) struct buf out = BUF(JKS_FILE_MAX);
		AUTO(bio) BIO *in = NULL;
		AUTO(x509) X509 *cert = NULL;
		char name[32];

		jks_put_base64(&file, vectors[i].vector);
		if (!load(&out, KS_JKS, &file, vectors[i].password))
			fail_msg("%s", err.text);
		in = BIO_new_mem_buf(out.data, (int)out.len);
		cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
		assert_non_null(cert);
		assert_int_equal(BIO_pending(in), 0);
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
		assert_string_equal(name, "Anchor");
	}
}

static void a_limit_is_kept(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	AUTO(buf) struct buf out = BUF(100);

	(void)state;
	ca_pem(&file, first);
	assert_false(load(&out, KS_PEM, &file, NULL));
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pem),
		cmocka_unit_test(java),
		cmocka_unit_test(keys_are_not_trusted),
		cmocka_unit_test(damaged_certificate),
		cmocka_unit_test(pkcs12),
		cmocka_unit_test(pkcs12_with_a_key),
		cmocka_unit_test(what_java_has_made),
		cmocka_unit_test(a_limit_is_kept),
	};

	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, make_all, free_all);
}
