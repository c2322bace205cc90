/*
 * Old stores that are damaged, or want too much, and wishes that can't be met: an update is refused
 * with a reason, or leaves a whole store with our entry in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "jks_fixture.h"
#include "keystore/p12_old.h"
#include "keystore/p12_update.h"
#include "p12_fixture.h"
#include "store_scene.h"

/* A copy of its own, so that reading beyond the end shows. */
static void try_update(
	enum ks_credential_type type, const char *data, size_t len, const char *what, size_t at)
{
	AUTO(buf) struct buf out = BUF(KS_STORE_MAX);
	const struct ks_entry_source e = scene_ec("ours");
	AUTO_STR char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	memset(&scene.err, 0, sizeof(scene.err));
	/* what comes out has been read back with our key in it */
	if (ks_store_update(&out, type, copy, len, &e, &scene.err)) {
		assert_in_range(out.len, 1, KS_STORE_MAX);
		return;
	}
	if (scene.err.kind != ERR_KEYSTORE || !scene.err.text[0] || out.len)
		fail_msg("%s at %zu: %zu bytes, '%s'", what, at, out.len, scene.err.text);
}

/* Each fifth byte: an update that succeeds is some ten thousand rounds of work. */
static void cut_and_change(
	enum ks_credential_type type, struct buf *file, void (*mend)(struct buf *file))
{
	for (size_t len = 1; len < file->len; len += 5)
		try_update(type, file->data, len, "cut", len);
	for (size_t i = 0; i < file->len; i += 5) {
		char was = file->data[i];

		file->data[i] = (char)(was ^ (i % 2 ? 0x01 : (char)0x80));
		if (mend)
			mend(file);
		try_update(type, file->data, file->len, "changed", i);
		file->data[i] = was;
	}
}

/* Without MAC and encryption, so that changes reach what is behind them. */
static void damaged_pkcs12(void **state)
{
	const struct p12_spec spec = {
		.password = SCENE_PASSWORD,
		.key = { scene.ec_key, scene.ec_key },
		.name = { "ours", "other" },
		.cert = { scene.ec_cert, scene.middle },
		.no_mac = true,
		.plain = true,
	};
	AUTO(buf) struct buf file = BUF(KS_STORE_MAX);

	(void)state;
	p12_make(&file, &spec);
	cut_and_change(KS_PKCS12, &file, NULL);
}

static void mend_jks(struct buf *file)
{
	jks_fix_digest(file->data, file->len, SCENE_PASSWORD);
}

static void damaged_jks(void **state)
{
	const struct jks_spec spec = {
		.password = SCENE_PASSWORD,
		.item = { { .kind = JKS_SECRET_KEY, .alias = "aes" },
			{ .kind = JKS_PRIVATE_KEY,
				.alias = "other",
				.key = scene.ec_key,
				.cert = { scene.ec_cert } } },
	};
	AUTO(buf) struct buf file = BUF(KS_STORE_MAX);

	(void)state;
	jks_make(&file, &spec);
	/* the digest is good, as that of somebody who knows the password */
	cut_and_change(KS_JKS, &file, mend_jks);
}

static void changed_behind_its_digest(void **state)
{
	static const enum ks_credential_type types[] = { KS_PKCS12, KS_JKS };
	const struct ks_entry_source e = scene_rsa("other");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);

		scene_write(&file, types[i], NULL, &e);
		file.data[file.len / 2] ^= 1;
		scene_refused(types[i], &file, &e, "wrong password");
	}
}

static void wrong_password(void **state)
{
	static const enum ks_credential_type types[] = { KS_PKCS12, KS_JKS, KS_JCEKS };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
		struct ks_entry_source e = scene_rsa("other");

		scene_write(&file, types[i], NULL, &e);
		e.store_password = scene.wrong;
		scene_refused(types[i], &file, &e, "wrong password");
		e.store_password = NULL;
		scene_refused(types[i], &file, &e, "needs a password");
	}
}

/* 2^31 rounds are an hour of work: that this ends shows that none was done. */
static void bombs(void **state)
{
	static const enum p12_bomb where[] = { P12_BOMB_MAC, P12_BOMB_CERTS };
	const struct ks_entry_source e = scene_rsa("ours");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(where); i++) {
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
		const struct p12_spec spec = {
			.password = SCENE_PASSWORD,
			.key = { scene.ec_key },
			.name = { "other" },
			.cert = { scene.ec_cert },
			.bomb = where[i],
		};

		p12_make(&file, &spec);
		scene_refused(KS_PKCS12, &file, &e, "rounds of password hashing");
	}
}

static long rounds_spent(const struct buf *file)
{
	AUTO(p12_old) struct p12_old old = { .n = 0 };

	assert_true(p12_old_open(&old, file->data, file->len, scene.password, &scene.err));
	assert_true(p12_old_mark(&old, "ours", &scene.err));
	return KS_PKCS12_ITERATIONS_MAX - old.file.budget;
}

/* For the MAC and each safe of certificates; none for a key, neither of others nor the old one. */
static void rounds_are_counted(void **state)
{
	AUTO(buf) struct buf one = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf two = BUF(KS_STORE_MAX);
	const struct ks_entry_source other = scene_rsa("other");
	const struct ks_entry_source ours = scene_ec("ours");

	(void)state;
	scene_write(&one, KS_PKCS12, NULL, &other);
	assert_int_equal(rounds_spent(&one), 2 * P12_ROUNDS);
	scene_write(&two, KS_PKCS12, &one, &ours);
	assert_int_equal(rounds_spent(&two), 3 * P12_ROUNDS);
	scene_write(&one, KS_PKCS12, &two, &ours);
	assert_int_equal(rounds_spent(&one), 3 * P12_ROUNDS);
}

/* Keys of others are never opened, whatever they ask for. */
static void bombs_in_keys_of_others(void **state)
{
	const struct p12_spec p12 = {
		.password = SCENE_PASSWORD,
		.key = { scene.ec_key },
		.name = { "other" },
		.cert = { scene.ec_cert },
		.bomb = P12_BOMB_KEY,
	};
	const struct jks_spec jceks = {
		.jceks = true,
		.password = SCENE_PASSWORD,
		.rounds = JKS_BOMB,
		.item = { { .kind = JKS_PRIVATE_KEY,
			.alias = "other",
			.key = scene.ec_key,
			.cert = { scene.ec_cert } } },
	};
	const struct ks_entry_source e = scene_rsa("ours");
	AUTO(buf) struct buf old = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf new = BUF(KS_STORE_MAX);

	(void)state;
	p12_make(&old, &p12);
	scene_write(&new, KS_PKCS12, &old, &e);
	scene_check(&new, KS_PKCS12, &e, 2);
	buf_reset(&old);
	jks_make(&old, &jceks);
	scene_write(&new, KS_JCEKS, &old, &e);
	scene_check(&new, KS_JCEKS, &e, 2);
}

/* scrypt is bounded by refusing it. */
static void scrypt_is_refused(void **state)
{
	AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
	const struct ks_entry_source e = scene_rsa("ours");
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	X509_ALGOR *scrypt = p12_algorithm(0);
	AUTO(ossl_bytes) unsigned char *der = NULL;
	PKCS12 *p12;
	PKCS7 *safe;
	int len;

	(void)state;
	PKCS12_add_cert(&bags, scene.root);
	safe = PKCS12_pack_p7encdata(NID_aes_256_cbc, SCENE_PASSWORD, -1, NULL, 0, 1, bags);
	X509_ALGOR_copy(safe->d.encrypted->enc_data->algorithm, scrypt);
	sk_PKCS7_push(safes, safe);
	p12 = PKCS12_add_safes(safes, 0);
	PKCS12_set_mac(p12, SCENE_PASSWORD, -1, NULL, 0, 1, EVP_sha256());
	len = i2d_PKCS12(p12, &der);
	buf_add(&file, der, (size_t)len);
	scene_refused(KS_PKCS12, &file, &e, "scrypt");
	X509_ALGOR_free(scrypt);
	PKCS12_free(p12);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static void aliases(void **state)
{
	static const struct {
		const char *alias;
		const char *says;
	} bad[] = {
		{ "", "empty" },
		{ "a\nb", "control characters" },
		{ "\xff", "not UTF-8" },
		{ "Z\xc3\x9cRICH", "capitals beyond ASCII" },
	};
	char long_alias[KS_ALIAS_MAX + 2];
	struct ks_entry_source e;

	(void)state;
	memset(long_alias, 'a', sizeof(long_alias));
	long_alias[KS_ALIAS_MAX + 1] = '\0';
	e = scene_rsa(long_alias);
	scene_refused(KS_JKS, NULL, &e, "too long");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		e.alias = bad[i].alias;
		scene_refused(KS_PKCS12, NULL, &e, bad[i].says);
	}
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

static void wishes_that_do_not_fit(void **state)
{
	struct ks_entry_source e = scene_rsa("a");
	AUTO(buf) struct buf out = BUF(100);
	AUTO(pkey) EVP_PKEY *half = NULL;

	(void)state;
	e.cert = scene.ec_cert;
	scene_refused(KS_JKS, NULL, &e, "not that of the private key");
	e = scene_rsa("a");
	half = public_half(e.key);
	e.key = half;
	scene_refused(KS_JKS, NULL, &e, "can't be exported");
	scene_refused(KS_PKCS12, NULL, &e, "can't be exported");
	e = scene_rsa("a");
	assert_false(ks_store_update(&out, KS_PKCS12, NULL, 0, &e, &scene.err));
	assert_false(ks_store_update(&out, KS_PKCS11, NULL, 0, &e, &scene.err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_pkcs12),
		cmocka_unit_test(damaged_jks),
		cmocka_unit_test(changed_behind_its_digest),
		cmocka_unit_test(wrong_password),
		cmocka_unit_test(bombs),
		cmocka_unit_test(rounds_are_counted),
		cmocka_unit_test(bombs_in_keys_of_others),
		cmocka_unit_test(scrypt_is_refused),
		cmocka_unit_test(aliases),
		cmocka_unit_test(wishes_that_do_not_fit),
	};

	if (!secret_init(&scene.err))
		return 1;
	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
