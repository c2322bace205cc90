/*
 * Stores that keytool made, with entries of every kind, get one of ours: keytool shows the others
 * as before and opens them with their own passwords, and our key serves TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/ssl.h>

#include "base/secret.h"
#include "java_store.h"

static const struct kind {
	const char *name;
	const char *file;
	enum ks_credential_type type;
	bool secrets;	   /* it can hold them */
	bool own_password; /* keys may have their own */
} kinds[] = {
	{ "JKS", "s.jks", KS_JKS, false, true },
	{ "JCEKS", "s.jceks", KS_JCEKS, true, true },
	{ "PKCS12", "s.p12", KS_PKCS12, true, false },
};

#define KEY_PASSWORD(k) ((k)->own_password ? "another one" : SCENE_PASSWORD)

/* Two keys, two secrets, one of our root; "mine" is to be replaced. */
static void make_store(const struct tempdir *dir, const struct kind *k)
{
	static const char *const aliases[] = { "alpha", "mine", "zeta" };
	AUTO(buf) struct buf pem = BUF(KS_STORE_MAX);

	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		KEYTOOL(dir, "-genkeypair", "-alias", aliases[i], "-keyalg", i ? "EC" : "RSA",
			"-dname", "CN=of others", "-storetype", k->name, "-keystore", k->file,
			"-storepass", SCENE_PASSWORD, "-keypass", KEY_PASSWORD(k));
	if (k->secrets)
		KEYTOOL(dir, "-genseckey", "-alias", "aes", "-keyalg", "AES", "-keysize", "256",
			"-storetype", k->name, "-keystore", k->file, "-storepass", SCENE_PASSWORD,
			"-keypass", KEY_PASSWORD(k));
	ca_pem(&pem, scene.root);
	java_put(dir, "root.pem", pem.data, pem.len);
	KEYTOOL(dir, "-importcert", "-noprompt", "-alias", "root", "-file", "root.pem",
		"-storetype", k->name, "-keystore", k->file, "-storepass", SCENE_PASSWORD);
}

static const char *const others[] = { "alpha", "zeta", "root", "aes" };

static void show_others(struct buf *out, const struct tempdir *dir, const struct kind *k)
{
	AUTO(buf) struct buf one = BUF(KS_STORE_MAX);

	for (size_t i = 0; i < ARRAY_LEN(others) - !k->secrets; i++) {
		java_show(&one, dir, k->file, others[i]);
		buf_add_str(out, buf_str(&one));
	}
}

/* keytool opens the key or the secret with the password that it has always had. */
static void check_opens(const struct tempdir *dir, const struct kind *k, const char *alias)
{
	char to[32];

	snprintf(to, sizeof(to), "%s-%s.%s", alias, k->name, "out");
	KEYTOOL(dir, "-importkeystore", "-noprompt", "-srcalias", alias, "-srckeystore", k->file,
		"-srcstoretype", k->name, "-srcstorepass", SCENE_PASSWORD, "-srckeypass",
		KEY_PASSWORD(k), "-destkeystore", to, "-deststoretype", "PKCS12", "-deststorepass",
		SCENE_PASSWORD, "-destkeypass", SCENE_PASSWORD);
}

static const char *must_find(const char *text, const char *wanted)
{
	const char *at = strstr(text, wanted);

	if (!at)
		fail_msg("no '%s' in: %s", wanted, text);
	return at;
}

static void check_others_stay(
	const struct tempdir *dir, const struct kind *k, const struct ks_entry_source *e)
{
	AUTO(buf) struct buf before = BUF(KS_STORE_MAX);
	AUTO(buf) struct buf after = BUF(KS_STORE_MAX);

	show_others(&before, dir, k);
	must_find(buf_str(&before), "Creation date:");
	must_find(buf_str(&before), "SHA256:");
	java_update(dir, k->file, k->type, e);
	show_others(&after, dir, k);
	assert_string_equal(buf_str(&after), buf_str(&before));
}

/* Our entry as keytool sees it, and that no other one appeared. */
static void check_ours(const struct tempdir *dir, const struct kind *k, const char *alias, int n)
{
	AUTO(proc_result) struct proc_result r = { 0 };
	AUTO(buf) struct buf ours = BUF(KS_STORE_MAX);
	char entries[32];

	java_show(&ours, dir, k->file, alias);
	must_find(buf_str(&ours), "PrivateKeyEntry");
	must_find(buf_str(&ours), "Jan 15, 2027");
	must_find(buf_str(&ours), "Certificate chain length: 3");
	java_run(&r, dir, keytool_path,
		(const char *const[]) {
			"-list", "-keystore", k->file, "-storepass", SCENE_PASSWORD, NULL });
	snprintf(entries, sizeof(entries), "contains %d entries", n);
	must_find(buf_str(&r.output), entries);
}

static void one_of_ours(const struct tempdir *dir, const struct kind *k)
{
	struct ks_entry_source e = scene_rsa("Mine");
	int n = k->secrets ? 5 : 4;

	make_store(dir, k);
	if (k->own_password)
		e.key_password = scene.key_password;
	check_others_stay(dir, k, &e);
	check_ours(dir, k, "mine", n);
	e = scene_ec("fresh");
	check_others_stay(dir, k, &e);
	check_ours(dir, k, "fresh", n + 1);
	check_opens(dir, k, "alpha");
	check_opens(dir, k, "zeta");
	if (k->secrets)
		check_opens(dir, k, "aes");
	e.alias = "root";
	{
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);

		java_get(&file, dir, k->file);
		scene_refused(k->type, &file, &e, "not of a private key");
	}
}

static void in_jks(void **state)
{
	one_of_ours(*state, &kinds[0]);
}

static void in_jceks(void **state)
{
	one_of_ours(*state, &kinds[1]);
}

static void in_pkcs12(void **state)
{
	one_of_ours(*state, &kinds[2]);
}

/* keytool takes our file over whole and writes it again: still ours for us. */
static void keytool_goes_on_with_it(void **state)
{
	const struct tempdir *dir = *state;

	for (const struct kind *k = kinds; k < kinds + ARRAY_LEN(kinds); k++) {
		AUTO(buf) struct buf file = BUF(KS_STORE_MAX);
		struct ks_entry_source e = scene_ec("jetty");
		struct ks_entry_source second = scene_rsa("tomcat");

		java_update(dir, k->file, k->type, &e);
		java_update(dir, k->file, k->type, &second);
		KEYTOOL(dir, "-delete", "-alias", "tomcat", "-keystore", k->file, "-storepass",
			SCENE_PASSWORD);
		java_get(&file, dir, k->file);
		scene_check(&file, k->type, &e, 2);
		java_update(dir, k->file, k->type, &e);
		KEYTOOL(dir, "-changealias", "-alias", "jetty", "-destalias", "moved", "-keypass",
			SCENE_PASSWORD, "-keystore", k->file, "-storepass", SCENE_PASSWORD);
	}
}

AUTO_DEFINE(ssl, SSL *, SSL_free);
AUTO_DEFINE(ssl_ctx, SSL_CTX *, SSL_CTX_free);

/* Both ends in this process: a server with the credential, a client that knows the root. */
static void check_tls(const struct ks_credential *c)
{
	AUTO(ssl_ctx) SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
	AUTO(ssl_ctx) SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
	AUTO(ssl) SSL *server = SSL_new(server_ctx);
	AUTO(ssl) SSL *client = SSL_new(client_ctx);
	BIO *ends[2];

	assert_int_equal(SSL_use_cert_and_key(server, c->cert, c->key, c->chain, 1), 1);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(client_ctx), scene.root);
	X509_VERIFY_PARAM_set_time(SSL_get0_param(client), CA_NOW);
	SSL_set_verify(client, SSL_VERIFY_PEER, NULL);
	assert_int_equal(BIO_new_bio_pair(&ends[0], 1 << 16, &ends[1], 1 << 16), 1);
	SSL_set_bio(server, ends[0], ends[0]);
	SSL_set_bio(client, ends[1], ends[1]);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (int i = 0; i < 5; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	assert_true(SSL_is_init_finished(client) && SSL_is_init_finished(server));
	assert_int_equal(SSL_get_verify_result(client), X509_V_OK);
}

/* What keytool makes of our key is good for TLS: openssl takes key and chain from it. */
static void our_key_serves(void **state)
{
	const struct tempdir *dir = *state;

	for (const struct kind *k = kinds; k < kinds + ARRAY_LEN(kinds); k++) {
		AUTO(proc_result) struct proc_result r = { 0 };
		const struct ks_entry_source e = scene_ec("jetty");
		AUTO(buf) struct buf pem = BUF(KS_STORE_MAX);
		AUTO(ks_credential) struct ks_credential c = { 0 };
		char to[16];

		snprintf(to, sizeof(to), "%d.p12", (int)(k - kinds));
		java_update(dir, k->file, k->type, &e);
		KEYTOOL(dir, "-importkeystore", "-noprompt", "-srckeystore", k->file,
			"-srcstorepass", SCENE_PASSWORD, "-destkeystore", to, "-deststoretype",
			"PKCS12", "-deststorepass", SCENE_PASSWORD);
		OPENSSL(&r, dir, "pkcs12", "-in", to, "-passin", "pass:" SCENE_PASSWORD, "-nodes",
			"-out", "both.pem");
		java_get(&pem, dir, "both.pem");
		assert_true(ks_credential_load(&c,
			&(struct ks_credential_source) {
				.type = KS_PEM, .data = pem.data, .len = pem.len },
			&scene.err));
		assert_int_equal(EVP_PKEY_eq(c.key, e.key), 1);
		assert_int_equal(sk_X509_num(c.chain), 2);
		check_tls(&c);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tempdir_setup, tempdir_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(in_jks),
		TEST(in_jceks),
		TEST(in_pkcs12),
		TEST(keytool_goes_on_with_it),
		TEST(our_key_serves),
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
