/* What OpenSSL says about the PKCS #12 files that we write, modern and legacy, and what it reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/provider.h>

#include "base/secret.h"
#include "java_store.h"

static void must_find(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("no '%s' in: %s", wanted, text);
}

static void show(struct proc_result *out, const struct tempdir *dir, const char *file)
{
	OPENSSL(out, dir, "pkcs12", "-info", "-in", file, "-passin", "pass:" SCENE_PASSWORD,
		"-nodes");
}

static void modern(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };
	const struct ks_entry_source e = scene_ec("Tomcat");

	java_update(*state, "m.p12", KS_PKCS12, &e);
	show(&r, *state, "m.p12");
	must_find(buf_str(&r.output), "MAC: sha256, Iteration 10000");
	must_find(buf_str(&r.output),
		"Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, "
		"PRF hmacWithSHA256");
	must_find(buf_str(&r.output),
		"PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, "
		"PRF hmacWithSHA256");
	must_find(buf_str(&r.output), "friendlyName: Tomcat");
	must_find(buf_str(&r.output), "CN = Middle");
}

static void legacy(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };
	struct ks_entry_source e = scene_rsa("IIS");

	e.legacy = true;
	java_update(*state, "l.p12", KS_PKCS12, &e);
	show(&r, *state, "l.p12");
	must_find(buf_str(&r.output), "MAC: sha1, Iteration 10000");
	must_find(buf_str(&r.output), "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC");
	must_find(buf_str(&r.output), "PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC");
	assert_false(OSSL_PROVIDER_available(NULL, "legacy"));
}

/* Beyond ASCII with 3DES, as Windows has it. */
static void odd_password(void **state)
{
	static const char text[] = "p\xc3\xa4ssw\xc3\xb6rd\xe2\x82\xac\xf0\x9f\x98\x80";
	AUTO(secret) struct secret *odd = secret_new(text, strlen(text));
	AUTO(proc_result) struct proc_result r = { 0 };
	struct ks_entry_source e = scene_ec("odd");
	char pass[64];

	e.store_password = odd;
	e.legacy = true;
	java_update(*state, "o.p12", KS_PKCS12, &e);
	snprintf(pass, sizeof(pass), "pass:%s", text);
	OPENSSL(&r, *state, "pkcs12", "-in", "o.p12", "-passin", pass, "-nodes");
	must_find(buf_str(&r.output), "BEGIN PRIVATE KEY");
	e.legacy = false;
	scene_refused(KS_PKCS12, NULL, &e, "characters beyond ASCII");
}

/* A file as openssl wrote it, with RC2 and without a name of its own for the store's other key. */
static void beside_what_openssl_wrote(void **state)
{
	const struct tempdir *dir = *state;
	AUTO(proc_result) struct proc_result made = { 0 };
	AUTO(proc_result) struct proc_result exported = { 0 };
	AUTO(proc_result) struct proc_result r = { 0 };
	const struct ks_entry_source e = scene_ec("ours");

	OPENSSL(&made, dir, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old",
		"-keyout", "key.pem", "-out", "cert.pem", "-days", "10");
	OPENSSL(&exported, dir, "pkcs12", "-export", "-legacy", "-inkey", "key.pem", "-in",
		"cert.pem", "-name", "windows", "-out", "w.p12", "-passout",
		"pass:" SCENE_PASSWORD);
	java_update(dir, "w.p12", KS_PKCS12, &e);
	OPENSSL(&r, dir, "pkcs12", "-info", "-legacy", "-in", "w.p12", "-passin",
		"pass:" SCENE_PASSWORD, "-nodes");
	must_find(buf_str(&r.output), "pbeWithSHA1And40BitRC2-CBC");
	must_find(buf_str(&r.output), "friendlyName: windows");
	must_find(buf_str(&r.output), "friendlyName: ours");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tempdir_setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modern),
		TEST(legacy),
		TEST(odd_password),
		TEST(beside_what_openssl_wrote),
	};

	if (access("/usr/bin/openssl", X_OK)) {
		fprintf(stderr, "SKIPPED: no openssl\n");
		return 77;
	}
	if (!secret_init(&scene.err))
		return 1;
	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
