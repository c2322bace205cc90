/* Keys in a SoftHSM token, from generation to removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "keystore/token.h"
#include "token_fixture.h"

static struct err err;

#define OK(call)                                                                                   \
	do {                                                                                       \
		memset(&err, 0, sizeof(err));                                                      \
		if (!(call))                                                                       \
			fail_msg("%s: %s", #call, err.text);                                       \
	} while (0)

static EVP_PKEY *load(struct ks *ks, const struct ks_ref *ref)
{
	EVP_PKEY *key = NULL;

	OK(ks_load(&key, ks, ref, &err));
	return key;
}

static bool found(struct ks *ks, const struct ks_ref *ref)
{
	bool result = false;

	OK(ks_find(&result, ks, ref, &err));
	return result;
}

static void check_request(EVP_PKEY *key, bool pss)
{
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;

	assert_true(X509_REQ_set_pubkey(req, key));
	assert_true(EVP_DigestSignInit(ctx, &pctx, EVP_sha256(), NULL, key));
	if (pss) {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) > 0);
	}
	assert_true(X509_REQ_sign_ctx(req, ctx) > 0);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
}

/* To the rest of the program a key in a token is like any other. */
static void check_like_any_other(EVP_PKEY *key)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	AUTO(pkey) EVP_PKEY *public = NULL;
	AUTO(x509) X509 *cert = X509_new();
	int len = i2d_PUBKEY(key, &der);
	const unsigned char *at = der;
	BIGNUM *n = NULL;
	char group[64];

	public = d2i_PUBKEY(NULL, &at, len);
	assert_non_null(public);
	assert_int_equal(EVP_PKEY_eq(key, public), 1);
	assert_int_equal(EVP_PKEY_eq(public, key), 1);
	assert_true(X509_set_pubkey(cert, public));
	assert_true(X509_check_private_key(cert, key));
	assert_int_equal(EVP_PKEY_get_base_id(key), EVP_PKEY_get_base_id(public));
	assert_int_equal(EVP_PKEY_get_size(key), EVP_PKEY_get_size(public));
	assert_int_equal(EVP_PKEY_get_security_bits(key), EVP_PKEY_get_security_bits(public));
	if (EVP_PKEY_is_a(key, "RSA"))
		assert_true(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n));
	else
		assert_true(EVP_PKEY_get_group_name(key, group, sizeof(group), NULL));
	BN_free(n);
	assert_true(i2d_PrivateKey(key, NULL) <= 0);
	ERR_clear_error();
}

static bool flag(struct ks *ks, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 2;
	size_t len = sizeof(value);

	assert_true(p11_attr(&value, &len, token_raw(ks), object, type));
	return value;
}

/* The private half can't leave the token by any way that PKCS#11 has. */
static void check_stays_inside(struct ks *ks, const struct ks_ref *ref)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class), token_id(ref) };
	static const CK_ATTRIBUTE_TYPE secret[] = { CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_VALUE };
	CK_OBJECT_HANDLE object;
	unsigned char value[4096];
	size_t n;

	OK(p11_find(&object, &n, 1, token_raw(ks), match, 2, &err));
	assert_int_equal(n, 1);
	for (size_t i = 0; i < ARRAY_LEN(secret); i++) {
		size_t len = sizeof(value);

		assert_false(p11_attr(value, &len, token_raw(ks), object, secret[i]));
	}
	assert_true(flag(ks, object, CKA_SENSITIVE));
	assert_true(flag(ks, object, CKA_ALWAYS_SENSITIVE));
	assert_false(flag(ks, object, CKA_EXTRACTABLE));
	assert_true(flag(ks, object, CKA_NEVER_EXTRACTABLE));
	assert_true(flag(ks, object, CKA_PRIVATE));
	assert_true(flag(ks, object, CKA_SIGN));
}

static void each_type(void **state)
{
	AUTO(ks) struct ks *ks = token_open();

	(void)state;
	for (int i = 0; i < KS_KEY_TYPE_COUNT; i++) {
		const struct ks_ref ref = token_ref(i + 1);
		enum ks_key_type type = KS_KEY_TYPE_COUNT;
		AUTO(pkey) EVP_PKEY *key = NULL;

		assert_false(found(ks, &ref));
		OK(ks_generate(ks, &ref, (enum ks_key_type)i, &err));
		assert_true(found(ks, &ref));
		key = load(ks, &ref);
		assert_true(ks_key_type_of(&type, key));
		assert_int_equal(type, i);
		OK(ks_probe(key, &err));
		check_like_any_other(key);
		check_request(key, false);
		if (!ks_key_spec(type)->group)
			check_request(key, true);
		check_stays_inside(ks, &ref);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void keys_survive_the_process(void **state)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(buf) struct buf first = BUF(4096);
	AUTO(buf) struct buf again = BUF(4096);

	(void)state;
	for (int i = 0; i < 2; i++) {
		AUTO(ks) struct ks *ks = token_open();
		AUTO(pkey) EVP_PKEY *key = NULL;
		AUTO(ossl_bytes) unsigned char *der = NULL;
		int len;

		if (!i)
			OK(ks_generate(ks, &ref, KS_EC_P256, &err));
		key = load(ks, &ref);
		len = i2d_PUBKEY(key, &der);
		assert_true(len > 0);
		buf_add(i ? &again : &first, der, (size_t)len);
	}
	assert_int_equal(first.len, again.len);
	assert_memory_equal(first.data, again.data, first.len);
}

static void the_right_one_of_many(void **state)
{
	AUTO(ks) struct ks *ks = token_open();
	EVP_PKEY *key[3];

	(void)state;
	/* labels are the same on purpose: they are for people */
	for (int i = 0; i < 3; i++) {
		const struct ks_ref ref = token_ref(i + 1);

		OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	}
	for (int i = 0; i < 3; i++) {
		const struct ks_ref ref = token_ref(i + 1);

		key[i] = load(ks, &ref);
	}
	for (int i = 0; i < 3; i++) {
		OK(ks_probe(key[i], &err));
		assert_int_equal(EVP_PKEY_eq(key[i], key[(i + 1) % 3]), 0);
	}
	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(key[i]);
}

/* Neither may a removed key come back, nor a new one be hidden by it. */
static void one_id_used_again(void **state)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(ks) struct ks *ks = token_open();
	AUTO(pkey) EVP_PKEY *first = NULL;
	AUTO(pkey) EVP_PKEY *second = NULL;
	AUTO(pkey) EVP_PKEY *none = NULL;

	(void)state;
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	first = load(ks, &ref);
	OK(ks_delete(ks, &ref, &err));
	assert_false(found(ks, &ref));
	assert_false(ks_load(&none, ks, &ref, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, "not there");
	OK(ks_generate(ks, &ref, KS_EC_P384, &err));
	second = load(ks, &ref);
	assert_int_equal(EVP_PKEY_get_bits(second), 384);
	OK(ks_probe(second, &err));
	/* a key of a removed object fails, and that is all */
	assert_false(ks_probe(first, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
}

static void loaded_keys_outlive_new_ones(void **state)
{
	const struct ks_ref one = token_ref(1);
	const struct ks_ref two = token_ref(2);
	AUTO(ks) struct ks *ks = token_open();
	AUTO(pkey) EVP_PKEY *key = NULL;

	(void)state;
	OK(ks_generate(ks, &one, KS_RSA_2048, &err));
	key = load(ks, &one);
	OK(ks_generate(ks, &two, KS_EC_P256, &err));
	OK(ks_delete(ks, &two, &err));
	OK(ks_probe(key, &err));
}

static void a_key_is_never_replaced(void **state)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(ks) struct ks *ks = token_open();

	(void)state;
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_false(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, "token 'web': ");
	assert_int_equal(token_count(ks, CKO_PRIVATE_KEY, NULL), 1);
}

static void half_a_pair_is_healed(void **state)
{
	static const CK_OBJECT_CLASS halves[] = { CKO_PUBLIC_KEY, CKO_PRIVATE_KEY };
	const struct ks_ref ref = token_ref(1);
	const struct ks_ref other = token_ref(2);
	AUTO(ks) struct ks *ks = token_open();

	(void)state;
	OK(ks_generate(ks, &other, KS_EC_P256, &err));
	for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
		OK(ks_generate(ks, &ref, KS_EC_P256, &err));
		token_remove(ks, halves[i], &ref);
		assert_false(found(ks, &ref));
		assert_int_equal(token_count(ks, CKO_PRIVATE_KEY, &ref), 0);
		assert_int_equal(token_count(ks, CKO_PUBLIC_KEY, &ref), 0);
	}
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	token_remove(ks, CKO_PUBLIC_KEY, &ref);
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	assert_true(found(ks, &ref));
	assert_true(found(ks, &other));
}

static X509 *certificate(EVP_PKEY *key, const char *serial)
{
	AUTO(pkey) EVP_PKEY *ca_key = ca_ec_key("P-256");
	struct ca_spec issuer = ca_issuer_spec("CA", ca_key);
	struct ca_spec leaf = ca_leaf_spec("www.example.com", key, NULL);
	AUTO(x509) X509 *ca = ca_issue(&issuer, NULL, ca_key);

	leaf.serial = serial;
	return ca_issue(&leaf, ca, ca_key);
}

/* A pair that was in use is not taken for one that a crash cut in half. */
static void half_a_pair_with_a_certificate_stays(void **state)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(ks) struct ks *ks = token_open();
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	bool there;

	(void)state;
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	key = load(ks, &ref);
	cert = certificate(key, "1");
	OK(ks_store_certificate(ks, &ref, cert, &err));
	token_remove(ks, CKO_PUBLIC_KEY, &ref);
	assert_false(ks_find(&there, ks, &ref, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, "public half");
	assert_int_equal(token_count(ks, CKO_PRIVATE_KEY, &ref), 1);
}

static void check_certificate(struct ks *ks, const struct ks_ref *ref, X509 *cert)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	const CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class), token_id(ref) };
	AUTO(buf) struct buf der = BUF(32768);
	CK_OBJECT_HANDLE object;
	char value[8192];
	size_t len = sizeof(value);
	size_t n;

	ca_der(&der, cert);
	OK(p11_find(&object, &n, 1, token_raw(ks), match, 2, &err));
	assert_int_equal(n, 1);
	assert_true(p11_attr(value, &len, token_raw(ks), object, CKA_VALUE));
	assert_int_equal(len, der.len);
	assert_memory_equal(value, der.data, len);
	len = sizeof(value);
	assert_true(p11_attr(value, &len, token_raw(ks), object, CKA_LABEL));
	assert_int_equal(len, strlen(ref->label));
	len = sizeof(value);
	assert_true(p11_attr(value, &len, token_raw(ks), object, CKA_ISSUER) && len);
	len = sizeof(value);
	assert_true(p11_attr(value, &len, token_raw(ks), object, CKA_SUBJECT) && len);
	len = sizeof(value);
	assert_true(p11_attr(value, &len, token_raw(ks), object, CKA_SERIAL_NUMBER) && len);
}

static void a_certificate_beside_its_key(void **state)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(ks) struct ks *ks = token_open();
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *first = NULL;
	AUTO(x509) X509 *second = NULL;

	(void)state;
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	key = load(ks, &ref);
	first = certificate(key, "1");
	second = certificate(key, "2");
	for (int i = 0; i < 2; i++) {
		OK(ks_store_certificate(ks, &ref, first, &err));
		check_certificate(ks, &ref, first);
	}
	OK(ks_store_certificate(ks, &ref, second, &err));
	check_certificate(ks, &ref, second);
	assert_true(found(ks, &ref));
	OK(ks_delete(ks, &ref, &err));
	assert_int_equal(token_count(ks, CKO_CERTIFICATE, NULL), 0);
	assert_int_equal(token_count(ks, CKO_PRIVATE_KEY, NULL), 0);
	assert_int_equal(token_count(ks, CKO_PUBLIC_KEY, NULL), 0);
	OK(ks_delete(ks, &ref, &err));
}

static void uris_name_the_token(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(0xa1);
	AUTO(buf) struct buf uri = BUF(1024);
	AUTO(ks) struct ks *ks = NULL;

	token_add(f, "other; token", TOKEN_PIN);
	ks = token_open();
	OK(ks_uri(&uri, ks, &ref, &err));
	assert_string_equal(buf_str(&uri), "pkcs11:token=web;id=%A1%A1%A1%A1%A1%A1%A1%A1%A1%A1%A1%"
					   "A1%A1%A1%A1%A1;type=private");
}

static void uris_of_tokens_with_one_label(void **state)
{
	const struct token_fixture *f = *state;
	const struct ks_ref ref = token_ref(1);
	AUTO(buf) struct buf uri = BUF(1024);
	AUTO(buf) struct buf token = BUF(1024);
	struct ks *ks = token_open();
	bool pin_refused;

	OK(ks_uri(&uri, ks, &ref, &err));
	assert_null(strstr(buf_str(&uri), "serial="));
	buf_addf(&token, TOKEN_URI ";serial=%.16s", token_serial(ks));
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	ks_close(ks);

	token_add(f, "web", TOKEN_PIN);
	assert_false(token_try(&ks, &pin_refused, SOFTHSM_MODULE, TOKEN_URI, TOKEN_PIN, &err));
	check_says(err.text, "fits 2 tokens");
	OK(token_try(&ks, &pin_refused, SOFTHSM_MODULE, buf_str(&token), TOKEN_PIN, &err));
	buf_reset(&uri);
	OK(ks_uri(&uri, ks, &ref, &err));
	assert_non_null(strstr(buf_str(&uri), "serial="));
	assert_true(found(ks, &ref));
	ks_close(ks);
	/* and the URI of the key names the token, too */
	OK(token_try(&ks, &pin_refused, SOFTHSM_MODULE, buf_str(&uri), TOKEN_PIN, &err));
	assert_true(found(ks, &ref));
	ks_close(ks);
}

/* Tokens hold keys of others, with ids of one byte or of many. */
static void ids_of_any_length(void **state)
{
	static const size_t lengths[] = { 1, 2, 16, KS_ID_MAX };
	AUTO(ks) struct ks *ks = token_open();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct ks_ref ref = token_ref(7);

		ref.id.len = lengths[i];
		memset(ref.id.data, 7, lengths[i]);
		OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	}
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		AUTO(buf) struct buf uri = BUF(4096);
		AUTO(pkey) EVP_PKEY *key = NULL;
		struct ks_ref ref = token_ref(7);
		const char *id;

		ref.id.len = lengths[i];
		memset(ref.id.data, 7, lengths[i]);
		key = load(ks, &ref);
		OK(ks_uri(&uri, ks, &ref, &err));
		id = strstr(buf_str(&uri), ";id=");
		assert_non_null(id);
		assert_int_equal(strcspn(id + 4, ";"), 3 * lengths[i]);
		OK(ks_delete(ks, &ref, &err));
		assert_false(found(ks, &ref));
		assert_int_equal(
			token_count(ks, CKO_PRIVATE_KEY, NULL), ARRAY_LEN(lengths) - i - 1);
	}
}

static void generate(struct ks *ks, int id, const char *label)
{
	struct ks_ref ref = token_ref(id);

	ref.id.len = 1;
	ref.label = label;
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
}

static void take_id_away(struct ks *ks, int id)
{
	struct ks_ref ref = token_ref(id);
	struct p11 *raw = token_raw(ks);
	CK_ATTRIBUTE match[] = { { CKA_ID, ref.id.data, 1 } };
	CK_ATTRIBUTE none = { CKA_ID, NULL, 0 };
	CK_OBJECT_HANDLE objects[2];
	size_t n;

	OK(p11_find(objects, &n, 2, raw, match, 1, &err));
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
			raw->fn->C_SetAttributeValue(raw->session, objects[i], &none, 1), CKR_OK);
}

static void check_no_uri(struct ks *ks, const char *uri, const char *says)
{
	struct ks_id id = { { 0x77 }, 1 };

	assert_false(ks_find_uri(&id, ks, uri, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, says);
	assert_int_equal(id.data[0], 0x77);
}

/* A key that somebody else made is found by what its URI says, and only when that is one key. */
static void a_key_by_its_uri(void **state)
{
	static const char *const found_by[] = { "pkcs11:object=mail", "pkcs11:id=%03",
		"pkcs11:token=web;object=mail;id=%03;type=private" };
	AUTO(ks) struct ks *ks = token_open();

	(void)state;
	generate(ks, 1, "web");
	generate(ks, 2, "web");
	generate(ks, 3, "mail");
	generate(ks, 4, "nameless");
	take_id_away(ks, 4);
	for (size_t i = 0; i < ARRAY_LEN(found_by); i++) {
		struct ks_ref ref = token_ref(0);
		bool there = false;

		OK(ks_find_uri(&ref.id, ks, found_by[i], &err));
		assert_int_equal(ref.id.len, 1);
		assert_int_equal(ref.id.data[0], 3);
		OK(ks_exists(&there, ks, &ref, &err));
		assert_true(there);
	}
	check_no_uri(ks, "pkcs11:object=web", "several private keys fit");
	check_no_uri(ks, "pkcs11:object=other",
		"'pkcs11:object=other': no private key fits; there are: 'web' id 01");
	check_no_uri(ks, "pkcs11:object=web;id=%03", "no private key fits");
	check_no_uri(ks, "pkcs11:object=mail;type=public", "no private key fits");
	check_no_uri(ks, "pkcs11:token=other;object=mail", "another token");
	check_no_uri(ks, "pkcs11:object=nameless", "no id (CKA_ID)");
	check_no_uri(ks, "pkcs11:object=mail?pin-value=canary", "PIN");
}

/* Looking does not remove what ks_find() would take for a leftover. */
static void what_exists_stays(void **state)
{
	const struct ks_ref ref = token_ref(1);
	AUTO(ks) struct ks *ks = token_open();
	bool there = true;

	(void)state;
	OK(ks_exists(&there, ks, &ref, &err));
	assert_false(there);
	OK(ks_generate(ks, &ref, KS_EC_P256, &err));
	token_remove(ks, CKO_PUBLIC_KEY, &ref);
	OK(ks_exists(&there, ks, &ref, &err));
	assert_true(there);
	assert_int_equal(token_count(ks, CKO_PRIVATE_KEY, &ref), 1);
	assert_false(found(ks, &ref));
	assert_int_equal(token_count(ks, CKO_PRIVATE_KEY, &ref), 0);
}

static void a_list_of_all(void **state)
{
	const struct ks_ref one = token_ref(1);
	const struct ks_ref two = token_ref(2);
	AUTO(ks) struct ks *ks = token_open();
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	struct ks_entry *entries = NULL;
	size_t n = 99;

	(void)state;
	OK(ks_list(&entries, &n, ks, &err));
	assert_int_equal(n, 0);
	assert_null(entries);
	OK(ks_generate(ks, &one, KS_EC_P384, &err));
	OK(ks_generate(ks, &two, KS_RSA_2048, &err));
	key = load(ks, &two);
	cert = certificate(key, "1");
	OK(ks_store_certificate(ks, &two, cert, &err));
	token_remove(ks, CKO_PRIVATE_KEY, &one);
	OK(ks_list(&entries, &n, ks, &err));
	assert_int_equal(n, 2);
	/* rows begin with the private keys */
	assert_true(ks_id_equal(&entries[0].id, &two.id));
	assert_int_equal(entries[0].type, KS_RSA_2048);
	assert_string_equal(entries[0].label, "www");
	assert_true(entries[0].has_private && entries[0].has_public && entries[0].has_certificate);
	assert_true(ks_id_equal(&entries[1].id, &one.id));
	assert_int_equal(entries[1].type, KS_EC_P384);
	assert_true(!entries[1].has_private && entries[1].has_public);
	assert_false(entries[1].has_certificate);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(each_type),
		WITH_TOKEN(keys_survive_the_process),
		WITH_TOKEN(the_right_one_of_many),
		WITH_TOKEN(one_id_used_again),
		WITH_TOKEN(loaded_keys_outlive_new_ones),
		WITH_TOKEN(a_key_is_never_replaced),
		WITH_TOKEN(half_a_pair_is_healed),
		WITH_TOKEN(half_a_pair_with_a_certificate_stays),
		WITH_TOKEN(a_certificate_beside_its_key),
		WITH_TOKEN(uris_name_the_token),
		WITH_TOKEN(uris_of_tokens_with_one_label),
		WITH_TOKEN(ids_of_any_length),
		WITH_TOKEN(a_key_by_its_uri),
		WITH_TOKEN(what_exists_stays),
		WITH_TOKEN(a_list_of_all),
	};

	if (!token_available())
		return 77;
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
