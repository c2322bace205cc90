/* A key in a token goes into no file: each way out says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "keystore/ks_pem.h"
#include "store_scene.h"
#include "token_fixture.h"

static void check_type(enum ks_key_type type, int n)
{
	static const enum ks_credential_type stores[] = { KS_PKCS12, KS_JKS, KS_JCEKS };
	AUTO(ks) struct ks *ks = token_open();
	const struct ks_ref ref = token_ref(n);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	AUTO(buf_secret) struct buf pem = BUF(KS_PEM_MAX);
	struct ks_entry_source e = scene_rsa("ours");
	struct ca_spec spec;

	assert_true(ks_generate(ks, &ref, type, &scene.err));
	assert_true(ks_load(&key, ks, &ref, &scene.err));
	spec = ca_leaf_spec("token", key, NULL);
	cert = ca_issue(&spec, scene.root, scene.root_key);
	e.key = key;
	e.cert = cert;
	for (size_t i = 0; i < ARRAY_LEN(stores); i++)
		scene_refused(stores[i], NULL, &e, "a key in a token stays there");
	assert_false(ks_pem_key(&pem, key, NULL, &scene.err));
	assert_false(ks_pem_key(&pem, key, scene.password, &scene.err));
	assert_int_equal(scene.err.kind, ERR_KEYSTORE);
	assert_int_equal(pem.len, 0);
}

static void a_tokens_key(void **state)
{
	(void)state;
	check_type(KS_RSA_2048, 1);
	check_type(KS_EC_P256, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { WITH_TOKEN(a_tokens_key) };

	if (!token_available())
		return 77;
	if (!secret_init(&scene.err))
		return 1;
	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
