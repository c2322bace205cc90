/*
 * Java key stores cut at each byte, and with each byte changed: refused, or the key still fits its
 * certificate; nothing else, and no crash. The digest at the end is made to fit again, so that
 * changes reach what is behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "jks_fixture.h"
#include "jks_vectors.h"
#include "keystore/ks_credential.h"
#include "keystore/ks_trust.h"

static struct err err;
static EVP_PKEY *key;
static X509 *cert;
static struct secret *password;

static void make_file(struct buf *out, bool jceks)
{
	const struct jks_spec spec = {
		.jceks = jceks,
		.password = "changeit",
		.item = {
			{ JKS_CERTIFICATE, .alias = "anchor", .cert = { cert } },
			{ jceks ? JKS_SECRET_KEY : JKS_CERTIFICATE, .alias = "secret",
				.cert = { jceks ? NULL : cert } },
			{ JKS_PRIVATE_KEY, "scm", key, .cert = { cert } },
		},
	};

	jks_make(out, &spec);
}

static void check_failure(const char *what, size_t at)
{
	if (err.kind != ERR_KEYSTORE || !err.text[0])
		fail_msg("%s at %zu: '%s'", what, at, err.text);
}

static bool loads(const char *data, size_t len, const char *what, size_t at)
{
	const struct ks_credential_source src = {
		.type = KS_JKS, .data = data, .len = len, .password = password
	};
	AUTO(ks_credential) struct ks_credential c = { 0 };
	AUTO(buf) struct buf pem = BUF(JKS_FILE_MAX);

	memset(&err, 0, sizeof(err));
	if (!ks_trust_load(&pem, KS_JKS, data, len, password, &err)) {
		check_failure(what, at);
		assert_int_equal(pem.len, 0);
	}
	memset(&err, 0, sizeof(err));
	if (ks_credential_load(&c, &src, &err)) {
		if (EVP_PKEY_eq(c.key, X509_get0_pubkey(c.cert)) != 1)
			fail_msg("%s at %zu: key and certificate differ", what, at);
		return true;
	}
	check_failure(what, at);
	assert_null(c.key);
	return false;
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

		make_file(&file, jceks);
		assert_true(loads(file.data, file.len, "whole", 0));
		for (size_t len = 0; len < file.len; len++) {
			/* a copy of its own, so that reading beyond the end shows */
			AUTO_STR char *part = malloc(len + 1);

			memcpy(part, file.data, len);
			assert_false(loads(part, len, "cut", len));
			if (len < JKS_DIGEST_LEN)
				continue;
			jks_fix_digest(part, len, "changeit");
			assert_false(loads(part, len, "cut and mended", len));
		}
	}
}

/* Any change shows, whatever the entries are like. */
static void no_change_passes_the_digest(void **state)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

	(void)state;
	jks_put_base64(&file, vector_jceks);
	for (size_t i = 0; i < file.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			file.data[i] ^= (char)(1 << bit);
			assert_false(loads(file.data, file.len, "changed", i));
			file.data[i] ^= (char)(1 << bit);
		}
	}
}

static void change_each_byte(void **state)
{
	static const unsigned char changes[] = { 0x01, 0x80 };

	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

		make_file(&file, jceks);
		for (size_t i = 0; i < file.len - JKS_DIGEST_LEN; i++) {
			char was = file.data[i];

			for (size_t j = 0; j < ARRAY_LEN(changes); j++) {
				file.data[i] = (char)(was ^ (char)changes[j]);
				jks_fix_digest(file.data, file.len, "changeit");
				(void)loads(file.data, file.len, "changed", i);
			}
			file.data[i] = was;
		}
	}
}

/* Wherever a length or a number may be: as large as it can get, and close to it. */
static void huge_numbers_everywhere(void **state)
{
	static const char *const huge[] = { "\xff\xff\xff\xff", "\x7f\xff\xff\xec" };

	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

		make_file(&file, jceks);
		for (size_t i = 0; i + 4 <= file.len - JKS_DIGEST_LEN; i++) {
			char was[4];

			memcpy(was, file.data + i, 4);
			for (size_t j = 0; j < ARRAY_LEN(huge); j++) {
				memcpy(file.data + i, huge[j], 4);
				jks_fix_digest(file.data, file.len, "changeit");
				(void)loads(file.data, file.len, "huge", i);
				memcpy(file.data + i, was, 4);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(no_change_passes_the_digest),
		cmocka_unit_test(change_each_byte),
		cmocka_unit_test(huge_numbers_everywhere),
	};
	struct ca_spec spec;
	int failed;

	if (!secret_init(&err))
		return 1;
	key = ca_ec_key("P-256");
	spec = ca_leaf_spec("client", key, NULL);
	cert = ca_issue(&spec, NULL, key);
	password = secret_new("changeit", 8);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	X509_free(cert);
	secret_free(password);
	return failed;
}
