/*
 * Java key stores as Java's own keytool makes them: keys that we know, handed to it in PKCS #12,
 * and keys that it has made itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/pkcs12.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/secret.h"
#include "ca_fixture.h"
#include "keystore/ks_credential.h"
#include "keystore/ks_trust.h"
#include "tempdir.h"

#define FILE_MAX 65536
#define STORE_PASSWORD "changeit"
#define KEY_PASSWORD "of the key"
#define ODD_PASSWORD "p\xc3\xa4ssw\xc3\xb6rd\xe2\x82\xac\xf0\x9f\x98\x80"
#define ODD_ALIAS "z\xc3\xbcrich\xf0\x9f\x98\x80"

#define FROM(...) ((struct ks_credential_source) { __VA_ARGS__ })

#define KEYTOOL(dir, ...) keytool(dir, (const char *const[]) { __VA_ARGS__, NULL })

static const char *keytool_path;
static const char *const storetypes[] = { "JKS", "JCEKS", "PKCS12" };

static struct err err;
static EVP_PKEY *rsa_key, *ec_key, *root_key;
static X509 *rsa_cert, *ec_cert, *root;
static struct secret *password, *key_password, *odd_password;

/* Arguments with a dot are files in `dir`. What it says is shown when it fails. */
static void keytool(const struct tempdir *dir, const char *const *args)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
	const char *argv[48] = { keytool_path, "-J-XX:TieredStopAtLevel=1", "-J-XX:-UsePerfData" };
	AUTO(proc_result) struct proc_result r = { 0 };
	char path[8][128];
	size_t paths = 0;
	size_t n = 3;

	for (; *args; args++) {
		bool is_file = strchr(*args, '.');

		assert_true(n + 1 < ARRAY_LEN(argv) && paths < ARRAY_LEN(path));
		argv[n++] = is_file ? tempdir_path(path[paths++], dir, *args) : *args;
	}
	assert_true(proc_run(
		&r, &(struct proc_spec) { .argv = argv, .env = env, .timeout_ms = 120000 }, &err));
	if (r.status)
		fail_msg("keytool ended with %d: %s", r.status, buf_str(&r.output));
}

static void put_file(const struct tempdir *dir, const char *name, const void *data, size_t len)
{
	assert_true(fs_write(dir->fd, name, data, len, FS_ATTR(0600), &err));
}

static void put_text(const struct tempdir *dir, const char *name, const char *text)
{
	put_file(dir, name, text, strlen(text));
}

static void put_anchors(const struct tempdir *dir)
{
	AUTO(buf) struct buf pem = BUF(FILE_MAX);

	ca_pem(&pem, root);
	put_text(dir, "root.pem", buf_str(&pem));
}

/* A key with its chain, for keytool to import. */
static void put_p12(
	const struct tempdir *dir, const char *file, const char *alias, EVP_PKEY *key, X509 *cert)
{
	AUTO(x509_stack) STACK_OF(X509) *others = sk_X509_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12;
	int len;

	X509_up_ref(root);
	sk_X509_push(others, root);
	p12 = PKCS12_create(STORE_PASSWORD, alias, key, cert, others, 0, 0, 0, 0, 0);
	len = i2d_PKCS12(p12, &der);
	assert_true(len > 0);
	put_file(dir, file, der, (size_t)len);
	OPENSSL_free(der);
	PKCS12_free(p12);
}

static void import(const struct tempdir *dir, const char *p12, const char *file, const char *type)
{
	KEYTOOL(dir, "-importkeystore", "-noprompt", "-srckeystore", p12, "-srcstoretype", "PKCS12",
		"-srcstorepass", STORE_PASSWORD, "-destkeystore", file, "-deststoretype", type,
		"-deststorepass", STORE_PASSWORD);
}

static bool load(struct ks_credential *c, const struct tempdir *dir, const char *file,
	struct ks_credential_source src)
{
	AUTO(buf) struct buf data = BUF(FILE_MAX);

	assert_true(fs_read(&data, dir->fd, file, &err));
	src.type = strstr(file, ".jceks") ? KS_JCEKS : KS_JKS;
	src.data = data.data;
	src.len = data.len;
	memset(&err, 0, sizeof(err));
	return ks_credential_load(c, &src, &err);
}

/* The key works; wanted_key NULL: whichever it is. */
static void check_loads(const struct tempdir *dir, const char *file,
	struct ks_credential_source src, EVP_PKEY *wanted_key, X509 *wanted)
{
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!load(&c, dir, file, src))
		fail_msg("%s: %s", file, err.text);
	assert_true(ks_probe(c.key, &err));
	if (!wanted_key)
		return;
	assert_int_equal(EVP_PKEY_eq(c.key, wanted_key), 1);
	assert_int_equal(X509_cmp(c.cert, wanted), 0);
	assert_int_equal(sk_X509_num(c.chain), 1);
	assert_int_equal(X509_cmp(sk_X509_value(c.chain, 0), root), 0);
}

static void check_refused(const struct tempdir *dir, const char *file,
	struct ks_credential_source src, const char *says)
{
	struct ks_credential c = { 0 };

	assert_false(load(&c, dir, file, src));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	if (!strstr(err.text, says))
		fail_msg("%s: '%s' does not say '%s'", file, err.text, says);
}

static void keys_that_we_know(void **state)
{
	const struct tempdir *dir = *state;

	put_p12(dir, "rsa.p12", "Tomcat", rsa_key, rsa_cert);
	put_p12(dir, "ec.p12", "jetty", ec_key, ec_cert);
	for (size_t i = 0; i < ARRAY_LEN(storetypes); i++) {
		char file[16];

		snprintf(file, sizeof(file), "%zu.jks", i);
		import(dir, "rsa.p12", file, storetypes[i]);
		check_loads(dir, file, FROM(.password = password), rsa_key, rsa_cert);
		import(dir, "ec.p12", file, storetypes[i]);
		check_loads(dir, file, FROM(.password = password, .alias = "tomcat"), rsa_key,
			rsa_cert);
		check_loads(
			dir, file, FROM(.password = password, .alias = "jetty"), ec_key, ec_cert);
		check_refused(dir, file, FROM(.password = password), "'tomcat'");
		check_refused(dir, file, FROM(.password = password), "'jetty'");
		check_refused(dir, file, FROM(.password = key_password), "wrong password");
	}
}

static void keys_own_password(void **state)
{
	const struct tempdir *dir = *state;
	static const char *const files[] = { "own.jks", "own.jceks" };

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		KEYTOOL(dir, "-genkeypair", "-alias", "own", "-keyalg", "EC", "-groupname",
			"secp384r1", "-dname", "CN=own", "-storetype", storetypes[i], "-keystore",
			files[i], "-storepass", STORE_PASSWORD, "-keypass", KEY_PASSWORD);
		check_loads(dir, files[i], FROM(.password = password, .key_password = key_password),
			NULL, NULL);
		check_refused(dir, files[i], FROM(.password = password),
			"wrong password for the private key");
		check_refused(dir, files[i], FROM(.password = key_password),
			"wrong password for the key store");
	}
}

/* Only JKS takes such a password for a key; in JCEKS the key has one of its own. */
static void beyond_ascii(void **state)
{
	const struct tempdir *dir = *state;

	put_text(dir, "odd.password", ODD_PASSWORD "\n");
	KEYTOOL(dir, "-genkeypair", "-alias", ODD_ALIAS, "-keyalg", "RSA", "-dname", "CN=odd",
		"-storetype", "JKS", "-keystore", "odd.jks", "-storepass:file", "odd.password");
	KEYTOOL(dir, "-genkeypair", "-alias", ODD_ALIAS, "-keyalg", "EC", "-dname", "CN=odd",
		"-storetype", "JCEKS", "-keystore", "odd.jceks", "-storepass:file", "odd.password",
		"-keypass", KEY_PASSWORD);
	check_loads(dir, "odd.jks", FROM(.password = odd_password, .alias = ODD_ALIAS), NULL, NULL);
	check_loads(dir, "odd.jceks",
		FROM(.password = odd_password, .key_password = key_password, .alias = ODD_ALIAS),
		NULL, NULL);
	check_refused(dir, "odd.jks", FROM(.password = odd_password, .alias = "other"), ODD_ALIAS);
}

static void among_secret_keys(void **state)
{
	const struct tempdir *dir = *state;
	static const char *const aliases[] = { "a", "z" };

	put_p12(dir, "rsa.p12", "tomcat", rsa_key, rsa_cert);
	put_anchors(dir);
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		KEYTOOL(dir, "-genseckey", "-alias", aliases[i], "-keyalg",
			i ? "HmacSHA256" : "AES", "-keysize", "256", "-storetype", "JCEKS",
			"-keystore", "secrets.jceks", "-storepass", STORE_PASSWORD, "-keypass",
			KEY_PASSWORD);
	check_refused(dir, "secrets.jceks", FROM(.password = password), "no private key");
	import(dir, "rsa.p12", "secrets.jceks", "JCEKS");
	KEYTOOL(dir, "-importcert", "-noprompt", "-alias", "root", "-file", "root.pem",
		"-storetype", "JCEKS", "-keystore", "secrets.jceks", "-storepass", STORE_PASSWORD);
	check_loads(dir, "secrets.jceks", FROM(.password = password), rsa_key, rsa_cert);
	check_refused(dir, "secrets.jceks", FROM(.password = password, .alias = "a"), "'tomcat'");
}

static void check_trusts_root(const struct tempdir *dir, const char *file)
{
	AUTO(buf) struct buf data = BUF(FILE_MAX);
	AUTO(buf) struct buf wanted = BUF(FILE_MAX);
	AUTO(buf) struct buf pem = BUF(FILE_MAX);

	assert_true(fs_read(&data, dir->fd, file, &err));
	ca_pem(&wanted, root);
	if (!ks_trust_load(&pem, KS_JKS, data.data, data.len, password, &err))
		fail_msg("%s: %s", file, err.text);
	assert_string_equal(buf_str(&pem), buf_str(&wanted));
	assert_false(ks_trust_load(&pem, KS_JKS, data.data, data.len, key_password, &err));
	assert_non_null(strstr(err.text, "wrong password"));
}

static void trusted_certificates_alone(void **state)
{
	const struct tempdir *dir = *state;

	put_anchors(dir);
	for (size_t i = 0; i < ARRAY_LEN(storetypes); i++) {
		char file[16];

		snprintf(file, sizeof(file), "trust%zu.jks", i);
		KEYTOOL(dir, "-importcert", "-noprompt", "-alias", "root", "-file", "root.pem",
			"-storetype", storetypes[i], "-keystore", file, "-storepass",
			STORE_PASSWORD);
		check_trusts_root(dir, file);
		check_refused(dir, file, FROM(.password = password), "holds no private key");
	}
}

static int make_all(void **state)
{
	struct ca_spec spec;

	rsa_key = ca_rsa_key(2048, 65537);
	ec_key = ca_ec_key("P-256");
	root_key = ca_ec_key("P-384");
	spec = ca_issuer_spec("Root", root_key);
	root = ca_issue(&spec, NULL, root_key);
	spec = ca_leaf_spec("rsa", rsa_key, NULL);
	rsa_cert = ca_issue(&spec, root, root_key);
	spec = ca_leaf_spec("ec", ec_key, NULL);
	ec_cert = ca_issue(&spec, root, root_key);
	password = secret_new(STORE_PASSWORD, strlen(STORE_PASSWORD));
	key_password = secret_new(KEY_PASSWORD, strlen(KEY_PASSWORD));
	odd_password = secret_new(ODD_PASSWORD, strlen(ODD_PASSWORD));
	(void)state;
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa_key);
	EVP_PKEY_free(ec_key);
	EVP_PKEY_free(root_key);
	X509_free(rsa_cert);
	X509_free(ec_cert);
	X509_free(root);
	secret_free(password);
	secret_free(key_password);
	secret_free(odd_password);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tempdir_setup, tempdir_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_that_we_know),
		TEST(keys_own_password),
		TEST(beyond_ascii),
		TEST(among_secret_keys),
		TEST(trusted_certificates_alone),
	};

	if (argc != 2 || access(argv[1], X_OK)) {
		fprintf(stderr, "SKIPPED: no keytool\n");
		return 77;
	}
	keytool_path = argv[1];
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, make_all, free_all);
}
