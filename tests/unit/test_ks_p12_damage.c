/*
 * A PKCS #12 file cut at each byte, and with each byte changed: it is refused as damaged, or loads
 * the same key; nothing else, and no crash. The MAC is left out, so that changes reach the parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "keystore/ks_credential.h"
#include "p12_fixture.h"

static struct err err;
static EVP_PKEY *key;
static struct secret *password;

static void make_file(struct buf *out, bool plain)
{
	struct ca_spec leaf = ca_leaf_spec("client", key, NULL);
	AUTO(x509) X509 *cert = ca_issue(&leaf, NULL, key);
	const struct p12_spec spec = {
		.password = "tops3cret",
		.key = { key },
		.name = { "scm" },
		.cert = { cert },
		.no_mac = true,
		.plain = plain,
	};

	p12_make(out, &spec);
}

static void check(const char *data, size_t len, const char *what, size_t at)
{
	const struct ks_credential_source src = {
		.type = KS_PKCS12, .data = data, .len = len, .password = password
	};
	AUTO(ks_credential) struct ks_credential c = { 0 };

	memset(&err, 0, sizeof(err));
	if (ks_credential_load(&c, &src, &err)) {
		assert_non_null(c.cert);
		if (EVP_PKEY_eq(c.key, X509_get0_pubkey(c.cert)) != 1)
			fail_msg("%s at %zu: key and certificate differ", what, at);
		return;
	}
	if (err.kind != ERR_KEYSTORE || !err.text[0])
		fail_msg("%s at %zu: '%s'", what, at, err.text);
	assert_null(c.key);
}

static void cut_anywhere(void **state)
{
	AUTO(buf) struct buf file = BUF(65536);

	(void)state;
	make_file(&file, false);
	for (size_t len = 0; len < file.len; len++) {
		/* a copy of its own, so that reading beyond the end shows */
		AUTO_STR char *part = malloc(len + 1);

		memcpy(part, file.data, len);
		check(part, len, "cut", len);
	}
}

static void change_each_byte(bool plain)
{
	static const unsigned char changes[] = { 0x01, 0x20, 0x80, 0xff };
	AUTO(buf) struct buf file = BUF(65536);

	make_file(&file, plain);
	for (size_t i = 0; i < file.len; i++) {
		char was = file.data[i];

		for (size_t j = 0; j < ARRAY_LEN(changes); j++) {
			file.data[i] = (char)(was ^ (char)changes[j]);
			check(file.data, file.len, "changed", i);
		}
		file.data[i] = was;
	}
}

static void change_sealed(void **state)
{
	(void)state;
	change_each_byte(false);
}

static void change_plain(void **state)
{
	(void)state;
	change_each_byte(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(change_sealed),
		cmocka_unit_test(change_plain),
	};
	int failed;

	if (!secret_init(&err))
		return 1;
	key = ca_ec_key("P-256");
	password = secret_new("tops3cret", 9);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	EVP_PKEY_free(key);
	secret_free(password);
	return failed;
}
