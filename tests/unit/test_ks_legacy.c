/*
 * PKCS #12 files as Windows and old tools write them, with RC2 and 3DES: they load, and OpenSSL's
 * legacy provider is fetched for them and not before. A program of its own, since providers stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/provider.h>

#include "base/proc.h"
#include "base/secret.h"
#include "keystore/ks_credential.h"
#include "tempdir.h"

static struct err err;
static struct secret *password;

static void openssl(const char *const *arguments)
{
	const char *argv[24] = { "/usr/bin/openssl" };
	const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	const struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = 60000 };
	AUTO(proc_result) struct proc_result r = { 0 };

	for (size_t i = 0; arguments[i]; i++)
		argv[i + 1] = arguments[i];
	assert_true(proc_run(&r, &spec, &err));
	if (r.status)
		fail_msg("%s", buf_str(&r.output));
}

/* A certificate and its key in legacy.p12, sealed with these. */
static void make(const struct tempdir *t, const char *key_pbe, const char *cert_pbe)
{
	char key[128];
	char cert[128];
	char p12[128];

	tempdir_path(key, t, "key.pem");
	tempdir_path(cert, t, "cert.pem");
	tempdir_path(p12, t, "legacy.p12");
	openssl((const char *const[]) { "req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=old", "-keyout", key, "-out",
		cert, "-days", "10", NULL });
	openssl((const char *const[]) { "pkcs12", "-export", "-legacy", "-keypbe", key_pbe,
		"-certpbe", cert_pbe, "-inkey", key, "-in", cert, "-out", p12, "-passout",
		"pass:tops3cret", NULL });
}

static void load(const struct tempdir *t)
{
	AUTO(buf) struct buf file = BUF(65536);
	AUTO(ks_credential) struct ks_credential c = { 0 };
	struct ks_credential_source src = { .type = KS_PKCS12, .password = password };

	assert_true(fs_read(&file, t->fd, "legacy.p12", &err));
	src.data = file.data;
	src.len = file.len;
	if (!ks_credential_load(&c, &src, &err))
		fail_msg("%s", err.text);
	assert_true(ks_probe(c.key, &err));
}

static void triple_des_needs_no_provider(void **state)
{
	make(*state, "PBE-SHA1-3DES", "PBE-SHA1-3DES");
	load(*state);
	assert_false(OSSL_PROVIDER_available(NULL, "legacy"));
}

static void rc2_gets_one(void **state)
{
	make(*state, "PBE-SHA1-3DES", "PBE-SHA1-RC2-40");
	assert_false(OSSL_PROVIDER_available(NULL, "legacy"));
	load(*state);
	assert_true(OSSL_PROVIDER_available(NULL, "legacy"));
	/* the others must still be there */
	make(*state, "AES-256-CBC", "AES-256-CBC");
	load(*state);
}

int main(void)
{
#define IN_TEMPDIR(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)
	const struct CMUnitTest tests[] = {
		IN_TEMPDIR(triple_des_needs_no_provider),
		IN_TEMPDIR(rc2_gets_one),
	};
	int failed;

	if (access("/usr/bin/openssl", X_OK))
		return 77;
	if (!secret_init(&err))
		return 1;
	password = secret_new("tops3cret", 9);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	secret_free(password);
	return failed;
}
