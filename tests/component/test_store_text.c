/* Passwords and aliases that Java takes, and those that it doesn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secret.h"
#include "java_store.h"

static const struct {
	const char *file;
	enum ks_credential_type type;
} stores[] = { { "s.jks", KS_JKS }, { "s.jceks", KS_JCEKS }, { "s.p12", KS_PKCS12 } };

#define ODD_PASSWORD "p\xc3\xa4ssw\xc3\xb6rd\xe2\x82\xac\xf0\x9f\x98\x80"
#define ODD_ALIAS "z\xc3\xbcrich\xf0\x9f\x98\x80"

/* Java takes such a password for JKS and for JCEKS stores, neither for JCEKS keys nor for PKCS #12.
 */
static void passwords_beyond_ascii(void **state)
{
	const struct tempdir *dir = *state;
	AUTO(secret) struct secret *odd = secret_new(ODD_PASSWORD, strlen(ODD_PASSWORD));
	struct ks_entry_source e = scene_rsa(ODD_ALIAS);

	java_put(dir, "odd.password", ODD_PASSWORD "\n", strlen(ODD_PASSWORD) + 1);
	e.store_password = odd;
	java_update(dir, "s.jks", KS_JKS, &e);
	KEYTOOL(dir, "-certreq", "-alias", ODD_ALIAS, "-keystore", "s.jks", "-storepass:file",
		"odd.password", "-file", "request.pem");
	scene_refused(KS_PKCS12, NULL, &e, "characters beyond ASCII");
	scene_refused(KS_JCEKS, NULL, &e, "printable ASCII");
	e.key_password = scene.key_password;
	java_update(dir, "s.jceks", KS_JCEKS, &e);
	KEYTOOL(dir, "-certreq", "-alias", ODD_ALIAS, "-keystore", "s.jceks", "-storepass:file",
		"odd.password", "-keypass", SCENE_KEY_PASSWORD, "-file", "request.pem");
}

/* An alias beyond the 16 bits of a BMPString. */
static void alias_beyond_ascii(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(stores); i++) {
		const struct ks_entry_source e = scene_ec(ODD_ALIAS);
		AUTO(buf) struct buf shown = BUF(KS_STORE_MAX);

		java_update(*state, stores[i].file, stores[i].type, &e);
		java_update(*state, stores[i].file, stores[i].type, &e);
		java_show(&shown, *state, stores[i].file, ODD_ALIAS);
		assert_non_null(strstr(buf_str(&shown), "Alias name: " ODD_ALIAS));
	}
}

static void short_passwords_in_java(void **state)
{
	AUTO(secret) struct secret *five = secret_new("f\xc3\xbcnf.", 6);
	struct ks_entry_source e = scene_rsa("a");

	(void)state;
	e.store_password = five;
	scene_refused(KS_JKS, NULL, &e, "fewer than 6 characters");
	scene_refused(KS_JCEKS, NULL, &e, "fewer than 6 characters");
	e.store_password = scene.password;
	e.key_password = five;
	scene_refused(KS_JKS, NULL, &e, "password of the key is too short");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tempdir_setup, tempdir_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(passwords_beyond_ascii),
		TEST(alias_beyond_ascii),
		TEST(short_passwords_in_java),
	};

	if (argc != 2 || access(argv[1], X_OK)) {
		fprintf(stderr, "SKIPPED: no keytool\n");
		return 77;
	}
	keytool_path = argv[1];
	if (!secret_init(&scene.err))
		return 1;
	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
