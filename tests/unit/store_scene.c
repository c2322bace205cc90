#include "store_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"

struct scene scene;

static struct secret *secret_of(const char *text)
{
	return secret_new(text, strlen(text));
}

static void push(STACK_OF(X509) * stack, X509 *cert)
{
	X509_up_ref(cert);
	sk_X509_push(stack, cert);
}

int scene_make(void **state)
{
	struct ca_spec spec;

	(void)state;
	scene.rsa_key = ca_rsa_key(2048, 65537);
	scene.ec_key = ca_ec_key("P-256");
	scene.root_key = ca_ec_key("P-384");
	scene.middle_key = ca_ec_key("P-256");
	spec = ca_issuer_spec("Root", scene.root_key);
	scene.root = ca_issue(&spec, NULL, scene.root_key);
	spec = ca_issuer_spec("Middle", scene.middle_key);
	scene.middle = ca_issue(&spec, scene.root, scene.root_key);
	spec = ca_leaf_spec("rsa", scene.rsa_key, NULL);
	scene.rsa_cert = ca_issue(&spec, scene.middle, scene.middle_key);
	spec = ca_leaf_spec("ec", scene.ec_key, NULL);
	scene.ec_cert = ca_issue(&spec, scene.middle, scene.middle_key);
	scene.chain = sk_X509_new_null();
	push(scene.chain, scene.middle);
	push(scene.chain, scene.root);
	scene.password = secret_of(SCENE_PASSWORD);
	scene.key_password = secret_of(SCENE_KEY_PASSWORD);
	scene.wrong = secret_of("guessed");
	return 0;
}

int scene_free(void **state)
{
	(void)state;
	EVP_PKEY_free(scene.rsa_key);
	EVP_PKEY_free(scene.ec_key);
	EVP_PKEY_free(scene.root_key);
	EVP_PKEY_free(scene.middle_key);
	X509_free(scene.rsa_cert);
	X509_free(scene.ec_cert);
	X509_free(scene.root);
	X509_free(scene.middle);
	ossl_x509_stack_free(scene.chain);
	secret_free(scene.password);
	secret_free(scene.key_password);
	secret_free(scene.wrong);
	return 0;
}

static struct ks_entry_source entry(const char *alias, EVP_PKEY *key, X509 *cert)
{
	return (struct ks_entry_source) {
		.key = key,
		.cert = cert,
		.chain = scene.chain,
		.alias = alias,
		.store_password = scene.password,
		.now = CA_NOW,
	};
}

struct ks_entry_source scene_rsa(const char *alias)
{
	return entry(alias, scene.rsa_key, scene.rsa_cert);
}

struct ks_entry_source scene_ec(const char *alias)
{
	return entry(alias, scene.ec_key, scene.ec_cert);
}

void scene_write(struct buf *out, enum ks_credential_type type, const struct buf *old,
	const struct ks_entry_source *e)
{
	buf_reset(out);
	if (!ks_store_update(out, type, old ? old->data : NULL, old ? old->len : 0, e, &scene.err))
		fail_msg("%s", scene.err.text);
}

void scene_refused(enum ks_credential_type type, const struct buf *old,
	const struct ks_entry_source *e, const char *says)
{
	AUTO(buf) struct buf out = BUF(KS_STORE_MAX);

	memset(&scene.err, 0, sizeof(scene.err));
	assert_false(ks_store_update(
		&out, type, old ? old->data : NULL, old ? old->len : 0, e, &scene.err));
	assert_int_equal(out.len, 0);
	assert_int_equal(scene.err.kind, ERR_KEYSTORE);
	if (!strstr(scene.err.text, says))
		fail_msg("'%s' does not say '%s'", scene.err.text, says);
}

void scene_check(const struct buf *file, enum ks_credential_type type,
	const struct ks_entry_source *e, int chain)
{
	const struct ks_credential_source src = {
		.type = type,
		.data = file->data,
		.len = file->len,
		.password = e->store_password,
		.key_password = e->key_password,
		.alias = e->alias,
	};
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!ks_credential_load(&c, &src, &scene.err))
		fail_msg("%s", scene.err.text);
	assert_int_equal(EVP_PKEY_eq(c.key, e->key), 1);
	assert_true(ks_probe(c.key, &scene.err));
	assert_int_equal(X509_cmp(c.cert, e->cert), 0);
	assert_int_equal(sk_X509_num(c.chain), chain);
}
