#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ca_fixture.h"
#include "csr/csr.h"
#include "csr/name.h"

#define TEXT_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define NAME_64 "a23456789.123456789.123456789.123456789.123456789.12345678.local"

static X509_REQ *read_request(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(request);
	return request;
}

static void make_names(struct strlist *out, const char *common_name, const char *san)
{
	AUTO(strlist) struct strlist list = { 0 };
	struct err err = { 0 };

	assert_true(strlist_split(&list, san, ','));
	assert_true(csr_names_build(out, common_name, &list, &err));
}

/* The subjectAltName of a request as x509v3_config(5) text, or "" when there is none. */
static void print_san(struct buf *out, X509_REQ *request, int *critical)
{
	STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(request);
	int at = X509v3_get_ext_by_NID(all, NID_subject_alt_name, -1);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (at >= 0) {
		X509_EXTENSION *san = X509v3_get_ext(all, at);

		assert_true(X509V3_EXT_print(bio, san, 0, 0));
		*critical = X509_EXTENSION_get_critical(san);
		assert_int_equal(X509v3_get_ext_count(all), 1);
	}
	len = BIO_get_mem_data(bio, &text);
	buf_add(out, text, (size_t)len);
	BIO_free(bio);
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
}

static const struct {
	const char *type;
	int digest;
} kinds[] = {
	{ "RSA", NID_sha256WithRSAEncryption },
	{ "P-256", NID_ecdsa_with_SHA256 },
	{ "P-384", NID_ecdsa_with_SHA384 },
	{ "P-521", NID_ecdsa_with_SHA512 },
};

static void test_each_kind_of_key(void **state)
{
	AUTO(strlist) struct strlist names = { 0 };
	const struct csr_subject subject = { .common_name = "www.example.com" };

	(void)state;
	make_names(&names, "www.example.com", "example.com");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(pkey)
		EVP_PKEY *key = strcmp(kinds[i].type, "RSA") ? ca_ec_key(kinds[i].type)
							     : ca_rsa_key(2048, 65537);
		AUTO(buf) struct buf pem = BUF(CSR_PEM_MAX);
		struct err err = { 0 };

		if (!csr_build(&pem, key, &subject, &names, &err))
			fail_msg("%s: %s", kinds[i].type, err.text);
		AUTO(x509_req) X509_REQ *request = read_request(&pem);
		AUTO(pkey) EVP_PKEY *public = X509_REQ_get_pubkey(request);
		/* what `openssl req -verify` does */
		assert_int_equal(X509_REQ_verify(request, public), 1);
		assert_int_equal(EVP_PKEY_eq(public, key), 1);
		assert_int_equal(X509_REQ_get_signature_nid(request), kinds[i].digest);
		assert_int_equal(X509_REQ_get_version(request), X509_REQ_VERSION_1);
		assert_true(csr_matches_key(pem.data, pem.len, key, &err));
	}
}

static void test_subject_and_names(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(buf) struct buf pem = BUF(CSR_PEM_MAX);
	AUTO(buf) struct buf san = BUF(4096);
	const struct csr_subject subject = {
		.common_name = "WWW.m\xc3\xbcller.example",
		.organization = "M\xc3\xbcller & S\xc3\xb6hne",
		.organizational_unit = "IT",
		.locality = "K\xc3\xb6ln",
		.state = "",
		.country = "de",
	};
	struct err err = { 0 };
	char *text;
	int critical = -1;

	(void)state;
	make_names(&names, subject.common_name,
		"*.example.com,192.0.2.1,2001:db8::1,email:a@example.com,uri:https://example.com/");
	assert_true(csr_build(&pem, key, &subject, &names, &err));
	AUTO(x509_req) X509_REQ *request = read_request(&pem);
	text = X509_NAME_oneline(X509_REQ_get_subject_name(request), NULL, 0);
	assert_string_equal(text, "/C=DE/L=K\\xC3\\xB6ln/O=M\\xC3\\xBCller & S\\xC3\\xB6hne/OU=IT"
				  "/CN=www.xn--mller-kva.example");
	OPENSSL_free(text);
	print_san(&san, request, &critical);
	assert_string_equal(buf_str(&san),
		"DNS:www.xn--mller-kva.example, DNS:*.example.com, IP Address:192.0.2.1, "
		"IP Address:2001:DB8:0:0:0:0:0:1, email:a@example.com, URI:https://example.com/");
	assert_int_equal(critical, 0);
}

static void test_empty_subject_makes_names_critical(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(buf) struct buf pem = BUF(CSR_PEM_MAX);
	AUTO(buf) struct buf san = BUF(4096);
	struct err err = { 0 };
	int critical = -1;

	(void)state;
	make_names(&names, NULL, "a.example");
	assert_true(csr_build(&pem, key, &(struct csr_subject) { 0 }, &names, &err));
	AUTO(x509_req) X509_REQ *request = read_request(&pem);
	print_san(&san, request, &critical);
	assert_string_equal(buf_str(&san), "DNS:a.example");
	assert_int_equal(critical, 1);
	assert_int_equal(X509_NAME_entry_count(X509_REQ_get_subject_name(request)), 0);
}

static void test_no_names_no_extension(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(buf) struct buf pem = BUF(CSR_PEM_MAX);
	struct err err = { 0 };

	(void)state;
	assert_true(csr_build(&pem, key, &(struct csr_subject) { .common_name = "a.example" },
		&(struct strlist) { 0 }, &err));
	AUTO(x509_req) X509_REQ *request = read_request(&pem);
	STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(request);
	assert_true(X509v3_get_ext_count(all) <= 0);
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
}

/* What SCM takes as `csr` is 32767 bytes: 500 long names are too many, and nothing is left behind.
 */
static void test_request_that_is_too_large(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(buf) struct buf pem = BUF(CSR_PEM_MAX);
	struct err err = { 0 };

	(void)state;
	for (int i = 0; i < CSR_NAMES_MAX; i++) {
		AUTO(buf) struct buf name = BUF(256);

		buf_addf(&name, "dns:h%d.%.60s.example", i, TEXT_64);
		assert_true(strlist_add(&names, buf_str(&name)));
	}
	assert_false(csr_build(&pem, key, &(struct csr_subject) { 0 }, &names, &err));
	assert_non_null(strstr(err.text, "certificate request"));
	assert_int_equal(pem.len, 0);
}

static void test_weak_keys_are_refused(void **state)
{
	EVP_PKEY *const weak[] = { ca_rsa_key(1024, 65537), ca_rsa_key(2048, 3), ca_ec_key("P-224"),
		EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_PKEY_Q_keygen(NULL, NULL, "X25519") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		struct buf pem = BUF(CSR_PEM_MAX);
		struct err err = { 0 };

		assert_false(csr_build(&pem, weak[i],
			&(struct csr_subject) { .common_name = "a.example" },
			&(struct strlist) { 0 }, &err));
		assert_int_equal(err.kind, ERR_KEYSTORE);
		assert_null(pem.data);
		EVP_PKEY_free(weak[i]);
	}
}

/* A key that has no private half: signing fails, and it is the key's fault. */
static void test_key_that_does_not_sign(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_odd_exponent_key(65537);
	struct buf pem = BUF(CSR_PEM_MAX);
	struct err err = { 0 };

	(void)state;
	assert_false(csr_build(&pem, key, &(struct csr_subject) { .common_name = "a.example" },
		&(struct strlist) { 0 }, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	assert_null(pem.data);
}

static void test_subjects_that_will_do(void **state)
{
	static const struct csr_subject subjects[] = {
		{ 0 },
		{ .common_name = "" },
		{ .common_name = NAME_64 },
		{ .common_name = "192.0.2.1" },
		{ .common_name = "email:a@example.com" },
		{ .organization = TEXT_64 },
		{ .locality = TEXT_64 TEXT_64 },
		{ .state = TEXT_64 TEXT_64 },
		{ .country = "us" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		struct err err = { 0 };

		if (!csr_check_subject(&subjects[i], &err))
			fail_msg("subject %zu: %s", i, err.text);
	}
}

static void test_subjects_that_will_not_do(void **state)
{
	static const struct {
		struct csr_subject subject;
		const char *message;
	} bad[] = {
		{ { .common_name = "a" NAME_64 },
			"has 65 characters, a certificate takes at most 64: use a shorter "
			"common_name, and put the long one in subject_alt_names" },
		{ { .common_name = "Some Server" }, "common_name: name 'Some Server':" },
		{ { .organization = TEXT_64 "x" }, "organization '" },
		{ { .organizational_unit = TEXT_64 "x" }, "organizational_unit '" },
		{ { .locality = TEXT_64 TEXT_64 "x" }, "locality '" },
		{ { .state = TEXT_64 TEXT_64 "x" }, "state '" },
		{ { .state = "a\nb" }, "state is not UTF-8, or has a control character" },
		{ { .state = "a\xc2\x85"
			     "b" },
			"state is not UTF-8" },
		{ { .organization = "M\xfcller" }, "organization is not UTF-8" },
		{ { .country = "D" }, "country 'D'" },
		{ { .country = "DEU" }, "country 'DEU'" },
		{ { .country = "D1" }, "country 'D1'" },
		{ { .country = "\xc3\xbc" }, "country '" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };

		if (csr_check_subject(&bad[i].subject, &err))
			fail_msg("%s: accepted", bad[i].message);
		assert_int_equal(err.kind, ERR_CONFIG);
		if (!strstr(err.text, bad[i].message))
			fail_msg("message '%s' lacks '%s'", err.text, bad[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_key),
		cmocka_unit_test(test_subject_and_names),
		cmocka_unit_test(test_empty_subject_makes_names_critical),
		cmocka_unit_test(test_no_names_no_extension),
		cmocka_unit_test(test_request_that_is_too_large),
		cmocka_unit_test(test_weak_keys_are_refused),
		cmocka_unit_test(test_key_that_does_not_sign),
		cmocka_unit_test(test_subjects_that_will_do),
		cmocka_unit_test(test_subjects_that_will_not_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
