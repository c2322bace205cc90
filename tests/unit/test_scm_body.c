/* Collected bodies in every wrapping and at every limit. */
#include "scm/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/pkcs7.h>

#include "base/ossl.h"
#include "ca_fixture.h"

#define LIMIT (2 * 1024 * 1024)
#define CERTS 12

static X509 *cert[CERTS];

static int make_certificates(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");

	(void)state;
	for (int i = 0; i < CERTS; i++) {
		char name[32];
		struct ca_spec spec;

		snprintf(name, sizeof(name), "c%d.example.com", i);
		spec = ca_leaf_spec(name, key, "DNS:www.example.com");
		cert[i] = ca_issue(&spec, NULL, key);
	}
	return 0;
}

static int free_certificates(void **state)
{
	(void)state;
	for (int i = 0; i < CERTS; i++)
		X509_free(cert[i]);
	return 0;
}

static bool read_body(struct scm_chain *out, const struct buf *body, struct err *err)
{
	/* no byte more than there is, so that a sanitizer sees a read beyond */
	AUTO_STR char *copy = malloc(body->len ? body->len : 1);

	assert_non_null(copy);
	if (body->len)
		memcpy(copy, body->data, body->len);
	return scm_body_chain(out, copy, body->len, err);
}

static void expect(const struct buf *body, size_t first, size_t n)
{
	AUTO(scm_chain) struct scm_chain chain = { 0 };
	struct err err = { 0 };

	if (!read_body(&chain, body, &err))
		fail_msg("%s", err.text);
	assert_int_equal(chain.n, n);
	for (size_t i = 0; i < n; i++) {
		AUTO(buf) struct buf der = BUF(LIMIT);

		ca_der(&der, cert[first + i]);
		assert_int_equal(chain.cert[i].len, der.len);
		assert_memory_equal(chain.cert[i].der, der.data, der.len);
	}
}

static void refuse(const struct buf *body, const char *words)
{
	struct scm_chain chain = { .n = 99 };
	struct err err = { 0 };

	assert_false(read_body(&chain, body, &err));
	assert_int_equal(err.kind, ERR_PROTOCOL);
	if (!strstr(err.text, words))
		fail_msg("'%s' is not in: %s", words, err.text);
	assert_int_equal(chain.n, 99);
}

static void add_pem(struct buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ca_pem(out, cert[i]);
}

static void replace(struct buf *b, const char *from, const char *to)
{
	AUTO(buf) struct buf out = BUF(LIMIT);
	size_t len = strlen(from);

	for (size_t i = 0; i < b->len;) {
		if (i + len <= b->len && !memcmp(b->data + i, from, len)) {
			buf_add_str(&out, to);
			i += len;
		} else {
			buf_add(&out, b->data + i++, 1);
		}
	}
	buf_reset(b);
	buf_add(b, out.data, out.len);
	assert_true(buf_ok(b));
}

/* A PKCS#7 bundle of the first n certificates, as "openssl crl2pkcs7" makes them. */
static PKCS7 *bundle(size_t n)
{
	PKCS7 *p7 = PKCS7_new();

	assert_true(p7 && PKCS7_set_type(p7, NID_pkcs7_signed) &&
		    PKCS7_content_new(p7, NID_pkcs7_data));
	for (size_t i = 0; i < n; i++)
		assert_true(PKCS7_add_certificate(p7, cert[i]));
	return p7;
}

static void add_p7_der(struct buf *out, PKCS7 *p7)
{
	unsigned char *der = NULL;
	int len = i2d_PKCS7(p7, &der);

	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

static void add_p7_pem(struct buf *out, PKCS7 *p7)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	assert_true(bio && PEM_write_bio_PKCS7(bio, p7));
	len = BIO_get_mem_data(bio, &data);
	buf_add(out, data, (size_t)len);
}

/* ---- taken ----------------------------------------------------------------------------------- */

static void test_pem(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 10; n++) {
		AUTO(buf) struct buf body = BUF(LIMIT);

		add_pem(&body, n);
		expect(&body, 0, n);
	}
}

static void test_pem_line_ends(void **state)
{
	AUTO(buf) struct buf crlf = BUF(LIMIT);
	AUTO(buf) struct buf none = BUF(LIMIT);
	AUTO(buf) struct buf twice = BUF(LIMIT);
	AUTO(buf) struct buf blank = BUF(LIMIT);

	(void)state;
	add_pem(&crlf, 3);
	replace(&crlf, "\n", "\r\n");
	expect(&crlf, 0, 3);
	add_pem(&none, 3);
	none.len--;
	expect(&none, 0, 3);
	add_pem(&twice, 3);
	buf_add_str(&twice, "\n");
	expect(&twice, 0, 3);
	add_pem(&blank, 3);
	replace(&blank, "-----\n-----", "-----\n\n  \r\n\n-----");
	expect(&blank, 0, 3);
}

static void test_pem_text_between(void **state)
{
	AUTO(buf) struct buf body = BUF(LIMIT);

	(void)state;
	buf_add_str(&body, "\xef\xbb\xbfSubject: CN=www\n- a list\n");
	ca_pem(&body, cert[0]);
	buf_add_str(&body, "\n Issuer: -----\n");
	ca_pem(&body, cert[1]);
	buf_add_str(&body, "end of it");
	expect(&body, 0, 2);
}

static void test_pem_labels(void **state)
{
	AUTO(buf) struct buf old = BUF(LIMIT);

	(void)state;
	add_pem(&old, 2);
	replace(&old, "CERTIFICATE", "X509 CERTIFICATE");
	expect(&old, 0, 2);
}

static void test_pkcs7(void **state)
{
	static const char *const labels[] = { "PKCS7", "CERTIFICATE", "PKCS #7 SIGNED DATA",
		"CMS" };
	AUTO(buf) struct buf der = BUF(LIMIT);
	PKCS7 *p7 = bundle(4);

	(void)state;
	add_p7_der(&der, p7);
	expect(&der, 0, 4);
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		AUTO(buf) struct buf pem = BUF(LIMIT);

		add_p7_pem(&pem, p7);
		replace(&pem, "PKCS7", labels[i]);
		expect(&pem, 0, 4);
		replace(&pem, "\n", "\r\n");
		expect(&pem, 0, 4);
	}
	PKCS7_free(p7);
}

static void test_single_der(void **state)
{
	AUTO(buf) struct buf body = BUF(LIMIT);

	(void)state;
	ca_der(&body, cert[5]);
	expect(&body, 5, 1);
}

/* ---- refused --------------------------------------------------------------------------------- */

static void test_too_many(void **state)
{
	AUTO(buf) struct buf pem = BUF(LIMIT);
	AUTO(buf) struct buf der = BUF(LIMIT);
	PKCS7 *p7 = bundle(11);

	(void)state;
	add_pem(&pem, 11);
	refuse(&pem, "more than 10");
	add_p7_der(&der, p7);
	refuse(&der, "more than 10");
	PKCS7_free(p7);
}

static void fatten(X509 *c)
{
	static char bytes[33000];

	ca_add_raw_extension(c, NID_netscape_comment, 0, bytes, sizeof(bytes));
}

static void test_too_large(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	AUTO(buf) struct buf body = BUF(LIMIT);
	AUTO(buf) struct buf der = BUF(LIMIT);
	struct ca_spec spec = ca_leaf_spec("fat.example.com", key, NULL);
	AUTO(x509) X509 *fat = NULL;

	(void)state;
	spec.change = fatten;
	fat = ca_issue(&spec, NULL, key);
	ca_pem(&body, fat);
	refuse(&body, "at most");
	ca_der(&der, fat);
	refuse(&der, "at most");
}

static void test_nothing_in_it(void **state)
{
	static const char *const texts[] = { "", "\n", "<html><body>502</body></html>",
		"{\"code\":0}", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END PKCS7-----\n", "0", "0\x80",
		"0\x82\xff\xff", "-----", "-----BEGIN ", "-----BEGIN CERTIFICATE-----" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(buf) struct buf body = BUF(LIMIT);

		buf_add_str(&body, texts[i]);
		refuse(&body, "");
	}
}

static void test_strangers(void **state)
{
	AUTO(buf) struct buf key = BUF(LIMIT);
	AUTO(buf) struct buf headers = BUF(LIMIT);
	AUTO(buf) struct buf trailing = BUF(LIMIT);
	AUTO(buf) struct buf empty = BUF(LIMIT);
	PKCS7 *none = bundle(0);

	(void)state;
	add_pem(&key, 2);
	buf_add_str(&key, "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
	refuse(&key, "no certificate");
	add_pem(&headers, 1);
	replace(&headers, "CERTIFICATE-----\nMI", "CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nMI");
	refuse(&headers, "");
	ca_der(&trailing, cert[0]);
	buf_add_str(&trailing, "x");
	refuse(&trailing, "neither");
	add_p7_der(&empty, none);
	refuse(&empty, "without certificates");
	PKCS7_free(none);
}

/* Cut anywhere inside a block, a chain is no chain; after one, it is the shorter chain. */
static void test_each_cut(void **state)
{
	AUTO(buf) struct buf body = BUF(LIMIT);
	AUTO(buf) struct buf one = BUF(LIMIT);
	size_t taken = 0;

	(void)state;
	add_pem(&body, 2);
	add_pem(&one, 1);
	for (size_t len = 0; len < body.len; len++) {
		AUTO(scm_chain) struct scm_chain chain = { 0 };
		struct buf cut = body;
		struct err err = { 0 };

		cut.len = len;
		if (!read_body(&chain, &cut, &err))
			continue;
		taken++;
		if (chain.n == 1 && (len == one.len || len == one.len - 1))
			continue;
		if (chain.n != 2 || len < body.len - 1)
			fail_msg("cut at %zu of %zu: %zu certificates", len, body.len, chain.n);
	}
	assert_int_equal(taken, 3);
}

static void test_each_cut_der(void **state)
{
	AUTO(buf) struct buf body = BUF(LIMIT);
	PKCS7 *p7 = bundle(2);

	(void)state;
	add_p7_der(&body, p7);
	for (size_t len = 0; len < body.len; len++) {
		struct buf cut = body;

		cut.len = len;
		refuse(&cut, "");
	}
	PKCS7_free(p7);
}

/* Any byte may be wrong; whatever is still taken is bounded and parses. */
static void test_each_changed_byte(void **state)
{
	AUTO(buf) struct buf body = BUF(LIMIT);
	PKCS7 *p7 = bundle(2);

	(void)state;
	add_p7_der(&body, p7);
	for (size_t at = 0; at < body.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			AUTO(scm_chain) struct scm_chain chain = { 0 };
			struct err err = { 0 };

			body.data[at] = (char)(body.data[at] ^ 1 << bit);
			if (read_body(&chain, &body, &err))
				assert_in_range(chain.n, 1, 10);
			else
				assert_int_equal(err.kind, ERR_PROTOCOL);
			body.data[at] = (char)(body.data[at] ^ 1 << bit);
		}
	}
	PKCS7_free(p7);
}

static void test_blank(void **state)
{
	(void)state;
	assert_true(scm_body_blank("", 0));
	assert_true(scm_body_blank(" \r\n\t", 4));
	assert_false(scm_body_blank("\0", 1));
	assert_false(scm_body_blank(" x", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_pem_line_ends),
		cmocka_unit_test(test_pem_text_between),
		cmocka_unit_test(test_pem_labels),
		cmocka_unit_test(test_pkcs7),
		cmocka_unit_test(test_single_der),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_nothing_in_it),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_each_cut),
		cmocka_unit_test(test_each_cut_der),
		cmocka_unit_test(test_each_changed_byte),
		cmocka_unit_test(test_blank),
	};

	return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
