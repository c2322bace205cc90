/* TLS client credentials in PKCS #12: aliases, passwords, and files that want too much. */
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

#define P12_MAX 65536

static struct err err;
static EVP_PKEY *key, *second_key, *root_key, *middle_key;
static X509 *leaf, *second, *root, *middle;
static struct secret *password, *wrong, *own;

static int make_all(void **state)
{
	struct ca_spec spec;

	(void)state;
	key = ca_rsa_key(2048, 65537);
	second_key = ca_ec_key("P-256");
	root_key = ca_ec_key("P-256");
	middle_key = ca_ec_key("P-256");
	spec = ca_issuer_spec("Root", root_key);
	root = ca_issue(&spec, NULL, root_key);
	spec = ca_issuer_spec("Middle", middle_key);
	middle = ca_issue(&spec, root, root_key);
	spec = ca_leaf_spec("first", key, NULL);
	leaf = ca_issue(&spec, middle, middle_key);
	spec = ca_leaf_spec("second", second_key, NULL);
	second = ca_issue(&spec, root, root_key);
	password = secret_new("tops3cret", 9);
	wrong = secret_new("guess", 5);
	own = secret_new("of the key", 10);
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(second_key);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(middle_key);
	X509_free(leaf);
	X509_free(second);
	X509_free(root);
	X509_free(middle);
	secret_free(password);
	secret_free(wrong);
	secret_free(own);
	return 0;
}

/* What most files of users are like. */
static struct p12_spec one_key(void)
{
	return (struct p12_spec) {
		.password = "tops3cret",
		.key = { key },
		.name = { "scm" },
		.cert = { root, leaf, middle, second },
	};
}

static struct p12_spec two_keys(void)
{
	struct p12_spec spec = one_key();

	spec.key[1] = second_key;
	spec.name[1] = "z\xc3\xbcrich";
	return spec;
}

static bool load(
	struct ks_credential *c, const struct p12_spec *spec, struct ks_credential_source src)
{
	AUTO(buf) struct buf der = BUF(P12_MAX);

	p12_make(&der, spec);
	src.type = KS_PKCS12;
	src.data = der.data;
	src.len = der.len;
	memset(&err, 0, sizeof(err));
	return ks_credential_load(c, &src, &err);
}

#define FROM(...) ((struct ks_credential_source) { __VA_ARGS__ })

static void check_loads(const struct p12_spec *spec, struct ks_credential_source src,
	EVP_PKEY *wanted_key, X509 *wanted)
{
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!load(&c, spec, src))
		fail_msg("%s", err.text);
	assert_int_equal(EVP_PKEY_eq(c.key, wanted_key), 1);
	assert_int_equal(X509_cmp(c.cert, wanted), 0);
	assert_true(ks_probe(c.key, &err));
	assert_int_equal(ERR_peek_error(), 0);
}

static void check_refused(
	const struct p12_spec *spec, struct ks_credential_source src, const char *says)
{
	struct ks_credential c = { 0 };

	assert_false(load(&c, spec, src));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_null(c.key);
	assert_null(strstr(err.text, "tops3cret"));
	assert_int_equal(ERR_peek_error(), 0);
}

static void one(void **state)
{
	struct p12_spec spec = one_key();
	AUTO(ks_credential) struct ks_credential c = { 0 };

	(void)state;
	check_loads(&spec, FROM(.password = password), key, leaf);
	check_loads(&spec, FROM(.password = password, .alias = ""), key, leaf);
	check_loads(&spec, FROM(.password = password, .alias = "scm"), key, leaf);
	assert_true(load(&c, &spec, FROM(.password = password)));
	assert_int_equal(sk_X509_num(c.chain), 2);
	assert_int_equal(X509_cmp(sk_X509_value(c.chain, 0), middle), 0);
	assert_int_equal(X509_cmp(sk_X509_value(c.chain, 1), root), 0);
}

/* Java puts a root once for each of its keys into a file. */
static void a_root_comes_once(void **state)
{
	struct p12_spec spec = one_key();
	AUTO(ks_credential) struct ks_credential c = { 0 };
	AUTO(x509) X509 *copy = X509_dup(root);

	(void)state;
	spec.cert[3] = copy;
	assert_true(load(&c, &spec, FROM(.password = password)));
	assert_int_equal(sk_X509_num(c.chain), 2);
}

static void wrong_password(void **state)
{
	struct p12_spec spec = one_key();

	(void)state;
	check_refused(&spec, FROM(.password = wrong), "wrong password");
	check_refused(&spec, FROM(.password = NULL), "needs a password");
	spec.no_mac = true;
	check_loads(&spec, FROM(.password = password), key, leaf);
	check_refused(&spec, FROM(.password = wrong), "wrong password");
}

static void no_password(void **state)
{
	struct p12_spec spec = one_key();

	(void)state;
	spec.password = NULL;
	check_loads(&spec, FROM(.password = NULL), key, leaf);
	spec.password = "";
	check_loads(&spec, FROM(.password = NULL), key, leaf);
	spec.plain = true;
	spec.no_mac = true;
	check_loads(&spec, FROM(.password = NULL), key, leaf);
}

static void keys_own_password(void **state)
{
	struct p12_spec spec = one_key();

	(void)state;
	spec.key_password = "of the key";
	check_loads(&spec, FROM(.password = password, .key_password = own), key, leaf);
	check_refused(&spec, FROM(.password = password), "wrong password for the private key");
	check_refused(&spec, FROM(.password = password, .key_password = wrong),
		"wrong password for the private key");
}

static void two_keys_and_an_alias(void **state)
{
	struct p12_spec spec = two_keys();

	(void)state;
	check_loads(&spec, FROM(.password = password, .alias = "scm"), key, leaf);
	check_loads(&spec, FROM(.password = password, .alias = "SCM"), key, leaf);
	check_loads(
		&spec, FROM(.password = password, .alias = "z\xc3\xbcrich"), second_key, second);
}

static void two_keys_and_none(void **state)
{
	struct p12_spec spec = two_keys();

	(void)state;
	check_refused(&spec, FROM(.password = password), "'scm', 'z\xc3\xbcrich'");
	check_refused(
		&spec, FROM(.password = password, .alias = "other"), "'scm', 'z\xc3\xbcrich'");
	spec.name[1] = "scm";
	check_refused(&spec, FROM(.password = password, .alias = "scm"), "several");
	spec.name[0] = spec.name[1] = NULL;
	check_refused(
		&spec, FROM(.password = password, .alias = "scm"), "no private key with this");
}

static void what_is_missing_is_named(void **state)
{
	struct p12_spec spec = one_key();

	(void)state;
	spec.key[0] = NULL;
	check_refused(&spec, FROM(.password = password), "no private key");
	spec.key[0] = middle_key;
	spec.cert[2] = NULL;
	check_refused(&spec, FROM(.password = password), "belongs to its private key");
	spec.cert[0] = NULL;
	check_refused(&spec, FROM(.password = password), "no certificate");
}

/* Each of these would take a quarter of an hour. */
static void bombs_are_not_set_off(void **state)
{
	static const enum p12_bomb bombs[] = { P12_BOMB_MAC, P12_BOMB_CERTS, P12_BOMB_KEY };
	struct p12_spec spec = one_key();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bombs); i++) {
		spec.bomb = bombs[i];
		check_refused(&spec, FROM(.password = password), "5000000 rounds");
	}
}

static void other_macs_are_refused(void **state)
{
	struct p12_spec spec = one_key();

	(void)state;
	spec.odd_mac = true;
	check_refused(&spec, FROM(.password = password), "MAC");
}

static void other_files_are_refused(void **state)
{
	static const char *const texts[] = { "", "0", "-----BEGIN PRIVATE KEY-----\n",
		"\x30\x80\x02\x01\x03", "\xfe\xed\xfe\xed" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const struct ks_credential_source src = {
			.type = KS_PKCS12, .data = texts[i], .len = strlen(texts[i])
		};
		struct ks_credential c = { 0 };

		assert_false(ks_credential_load(&c, &src, &err));
		assert_int_equal(err.kind, ERR_KEYSTORE);
		assert_non_null(strstr(err.text, "not a PKCS #12 file"));
		if (!strncmp(texts[i], "-----BEGIN", 10))
			assert_non_null(strstr(err.text, "but PEM"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(a_root_comes_once),
		cmocka_unit_test(wrong_password),
		cmocka_unit_test(no_password),
		cmocka_unit_test(keys_own_password),
		cmocka_unit_test(two_keys_and_an_alias),
		cmocka_unit_test(two_keys_and_none),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(bombs_are_not_set_off),
		cmocka_unit_test(other_macs_are_refused),
		cmocka_unit_test(other_files_are_refused),
	};

	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, make_all, free_all);
}
