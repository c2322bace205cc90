/* TLS client credentials in Java key stores: aliases, two kinds of passwords, and what is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "jks_fixture.h"
#include "jks_vectors.h"
#include "keystore/ks_credential.h"
#include "p12_fixture.h"

#define FROM(...) ((struct ks_credential_source) { __VA_ARGS__ })

static struct err err;
static EVP_PKEY *key, *second_key, *root_key;
static X509 *leaf, *second, *root;
static struct secret *password, *wrong, *own, *foreign;

static int make_all(void **state)
{
	struct ca_spec spec;

	(void)state;
	key = ca_rsa_key(2048, 65537);
	second_key = ca_ec_key("P-384");
	root_key = ca_ec_key("P-256");
	spec = ca_issuer_spec("Root", root_key);
	root = ca_issue(&spec, NULL, root_key);
	spec = ca_leaf_spec("first", key, NULL);
	leaf = ca_issue(&spec, root, root_key);
	spec = ca_leaf_spec("second", second_key, NULL);
	second = ca_issue(&spec, root, root_key);
	password = secret_new("changeit", 8);
	wrong = secret_new("guess", 5);
	own = secret_new("keypass1", 8);
	foreign = secret_new(VECTOR_JKS_PASSWORD, strlen(VECTOR_JKS_PASSWORD));
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(second_key);
	EVP_PKEY_free(root_key);
	X509_free(leaf);
	X509_free(second);
	X509_free(root);
	secret_free(password);
	secret_free(wrong);
	secret_free(own);
	secret_free(foreign);
	return 0;
}

static struct jks_spec two_keys(bool jceks)
{
	return (struct jks_spec) {
		.jceks = jceks,
		.password = "changeit",
		.item = {
			{ JKS_CERTIFICATE, .alias = "root", .cert = { root } },
			{ JKS_PRIVATE_KEY, "scm", key, .cert = { leaf, root } },
			{ jceks ? JKS_SECRET_KEY : JKS_CERTIFICATE, .alias = "other",
				.cert = { jceks ? NULL : second } },
			{ JKS_PRIVATE_KEY, "z\xc3\xbcrich", second_key, "keypass1",
				.cert = { second } },
		},
	};
}

static struct jks_spec one_key(bool jceks)
{
	struct jks_spec spec = two_keys(jceks);

	spec.item[3].kind = 0;
	return spec;
}

static bool load_file(
	struct ks_credential *c, const struct buf *file, struct ks_credential_source src)
{
	src.type = src.type ? src.type : KS_JKS;
	src.data = file->data;
	src.len = file->len;
	memset(&err, 0, sizeof(err));
	return ks_credential_load(c, &src, &err);
}

static bool load(
	struct ks_credential *c, const struct jks_spec *spec, struct ks_credential_source src)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

	jks_make(&file, spec);
	return load_file(c, &file, src);
}

static void check_loads(const struct jks_spec *spec, struct ks_credential_source src,
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

static void check_refusal(const struct ks_credential *c, const char *says)
{
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("'%s' does not say '%s'", err.text, says);
	assert_null(c->key);
	assert_null(strstr(err.text, "changeit"));
	assert_null(strstr(err.text, "keypass1"));
	assert_int_equal(ERR_peek_error(), 0);
}

static void check_refused(
	const struct jks_spec *spec, struct ks_credential_source src, const char *says)
{
	struct ks_credential c = { 0 };

	assert_false(load(&c, spec, src));
	check_refusal(&c, says);
}

static void one(void **state)
{
	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		struct jks_spec spec = one_key(jceks);
		AUTO(ks_credential) struct ks_credential c = { 0 };

		check_loads(&spec, FROM(.password = password), key, leaf);
		check_loads(&spec, FROM(.password = password, .alias = ""), key, leaf);
		check_loads(&spec, FROM(.password = password, .alias = "Scm"), key, leaf);
		assert_true(load(&c, &spec, FROM(.password = password)));
		assert_int_equal(sk_X509_num(c.chain), 1);
		assert_int_equal(X509_cmp(sk_X509_value(c.chain, 0), root), 0);
	}
}

static void the_file_says_which_it_is(void **state)
{
	struct jks_spec jks = one_key(false);
	struct jks_spec jceks = one_key(true);

	(void)state;
	check_loads(&jks, FROM(.type = KS_JCEKS, .password = password), key, leaf);
	check_loads(&jceks, FROM(.type = KS_JKS, .password = password), key, leaf);
	jks.version = 1;
	check_loads(&jks, FROM(.password = password), key, leaf);
}

static void which_password_is_wrong(void **state)
{
	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		struct jks_spec spec = one_key(jceks);

		check_refused(&spec, FROM(.password = wrong), "wrong password for the key store");
		check_refused(&spec, FROM(.password = NULL), "needs a password");
		check_refused(&spec, FROM(.password = password, .key_password = wrong),
			"alias 'scm': wrong password for the private key");
		spec.item[1].key_password = "keypass1";
		check_refused(&spec, FROM(.password = password),
			"(opened with the password of the key store): wrong password for the");
		check_loads(&spec, FROM(.password = password, .key_password = own), key, leaf);
		check_refused(&spec, FROM(.password = own, .key_password = own),
			"wrong password for the key store");
	}
}

/* One of some hundreds gets past the padding. */
static void no_wrong_password_opens(void **state)
{
	struct jks_spec spec = one_key(true);
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);

	(void)state;
	jks_make(&file, &spec);
	for (unsigned i = 0; i < 4000; i++) {
		char guess[16];
		struct ks_credential c = { 0 };
		AUTO(secret) struct secret *s = NULL;

		snprintf(guess, sizeof(guess), "guess %u", i);
		s = secret_new(guess, strlen(guess));
		assert_false(load_file(&c, &file, FROM(.password = password, .key_password = s)));
		check_refusal(&c, "wrong password for the private key");
	}
}

static void two_keys_and_an_alias(void **state)
{
	(void)state;
	for (int jceks = 0; jceks < 2; jceks++) {
		struct jks_spec spec = two_keys(jceks);

		check_loads(&spec, FROM(.password = password, .alias = "scm"), key, leaf);
		check_loads(&spec,
			FROM(.password = password, .key_password = own, .alias = "z\xc3\xbcrich"),
			second_key, second);
		check_refused(&spec, FROM(.password = password),
			"choose one by its alias, of: 'scm', 'z\xc3\xbcrich'");
		check_refused(&spec, FROM(.password = password, .alias = "other"),
			"no private key with this alias; there are: 'scm', 'z\xc3\xbcrich'");
		spec.item[3].alias = "SCM";
		check_refused(&spec, FROM(.password = password, .alias = "scm"), "several");
	}
}

static void many_aliases_fit_a_message(void **state)
{
	static char name[301];
	struct jks_spec spec = two_keys(false);

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	spec.item[3].alias = name;
	check_refused(&spec, FROM(.password = password), "of: 'scm' ...");
}

static void what_is_missing_is_named(void **state)
{
	struct jks_spec spec = one_key(false);

	(void)state;
	spec.item[1].cert[0] = NULL;
	check_refused(&spec, FROM(.password = password), "no certificate");
	spec.item[1].cert[0] = second;
	check_refused(&spec, FROM(.password = password), "belongs to its private key");
	spec.item[1].kind = 0;
	check_refused(&spec, FROM(.password = password), "no private key");
}

/* It would take hours. */
static void bombs_are_not_set_off(void **state)
{
	struct jks_spec spec = one_key(true);

	(void)state;
	spec.rounds = JKS_BOMB;
	check_refused(&spec, FROM(.password = password), "5000000 rounds");
}

static void other_algorithms_are_refused(void **state)
{
	struct jks_spec spec = one_key(false);

	(void)state;
	spec.item[1].oid = "1.3.6.1.4.1.42.2.17.1.2";
	check_refused(&spec, FROM(.password = password), "1.3.6.1.4.1.42.2.17.1.2");
	spec.item[1].oid = "1.3.6.1.4.1.42.2.19.1";
	check_refused(&spec, FROM(.password = password), "the private key is damaged");
}

/* Java refuses to make one, so that none can be right. */
static void jceks_keys_have_ascii_passwords(void **state)
{
	struct jks_spec spec = one_key(true);

	(void)state;
	check_refused(&spec, FROM(.password = password, .key_password = foreign), "ASCII");
}

static void pkcs12_is_known_by_its_content(void **state)
{
	const struct p12_spec spec = {
		.password = "changeit", .key = { key }, .name = { "scm" }, .cert = { root, leaf }
	};
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	struct ks_credential none = { 0 };

	(void)state;
	p12_make(&file, &spec);
	for (enum ks_credential_type type = KS_JKS; type <= KS_JCEKS; type++) {
		AUTO(ks_credential) struct ks_credential c = { 0 };

		if (!load_file(&c, &file, FROM(.type = type, .password = password)))
			fail_msg("%s", err.text);
		assert_int_equal(X509_cmp(c.cert, leaf), 0);
	}
	assert_false(load_file(&none, &file, FROM(.password = wrong)));
	check_refusal(&none, "wrong password");
}

static void check_vector(
	const char *vector, const struct secret *store_password, const char *alias, int ok)
{
	AUTO(buf) struct buf file = BUF(JKS_FILE_MAX);
	AUTO(ks_credential) struct ks_credential c = { 0 };
	char name[32];

	jks_put_base64(&file, vector);
	if (load_file(&c, &file,
		    FROM(.password = store_password, .key_password = own, .alias = alias)) != ok)
		fail_msg("%s", err.text);
	if (!ok)
		return;
	assert_true(ks_probe(c.key, &err));
	assert_int_equal(EVP_PKEY_get_bits(c.key), 256);
	X509_NAME_get_text_by_NID(
		X509_get_subject_name(c.cert), NID_commonName, name, sizeof(name));
	assert_string_equal(name, "client");
	assert_int_equal(sk_X509_num(c.chain), 0);
}

static void what_java_has_made(void **state)
{
	(void)state;
	check_vector(vector_jks, foreign, VECTOR_JKS_ALIAS, true);
	check_vector(vector_jks, foreign, NULL, true);
	check_vector(vector_jks, password, NULL, false);
	check_vector(vector_jceks, password, "client", true);
	check_vector(vector_jceks, password, "secret", false);
	check_vector(vector_jceks, password, "anchor", false);
	check_vector(vector_halves, password, "halves", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(the_file_says_which_it_is),
		cmocka_unit_test(which_password_is_wrong),
		cmocka_unit_test(no_wrong_password_opens),
		cmocka_unit_test(two_keys_and_an_alias),
		cmocka_unit_test(many_aliases_fit_a_message),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(bombs_are_not_set_off),
		cmocka_unit_test(other_algorithms_are_refused),
		cmocka_unit_test(jceks_keys_have_ascii_passwords),
		cmocka_unit_test(pkcs12_is_known_by_its_content),
		cmocka_unit_test(what_java_has_made),
	};

	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, make_all, free_all);
}
