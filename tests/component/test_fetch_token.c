/* A client certificate whose key never leaves a token, used inside the sealed sandbox. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/ossl.h"
#include "base/proc.h"
#include "base/secret.h"
#include "fetch_scene.h"
#include "keystore/ks.h"

#define PIN "canary-424242"
#define PLENTY_MS 60000

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static char *csr;
static char conf[128];

static void in_dir(char *out, size_t size, const char *name)
{
	assert_true(snprintf(out, size, "%s/%s", sim.dir, name) < (int)size);
}

static void init_token(void)
{
	char dir[96];
	const char *const argv[] = { SOFTHSM_INIT, dir, "web", PIN, NULL };
	const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	const struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = PLENTY_MS };
	AUTO(proc_result) struct proc_result r = { 0 };
	struct err err;

	in_dir(dir, sizeof(dir), "token");
	assert_true(proc_run(&r, &spec, &err));
	assert_int_equal(r.status, 0);
	snprintf(conf, sizeof(conf), "SOFTHSM2_CONF=%s/softhsm2.conf", dir);
	assert_int_equal(setenv("SOFTHSM2_CONF", strchr(conf, '=') + 1, 1), 0);
}

static struct ks *open_token(void)
{
	AUTO(secret) struct secret *pin = secret_new(PIN, strlen(PIN));
	const struct ks_token token = {
		.module = SOFTHSM_MODULE, .uri = "pkcs11:token=web", .pin = pin
	};
	struct ks *ks = NULL;
	bool refused;
	struct err err;

	if (!ks_open_token(&ks, &refused, &token, &err))
		fail_msg("%s", err.text);
	return ks;
}

static void write_request(struct ks *ks, const struct ks_ref *ref, const char *path)
{
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(bio) BIO *file = BIO_new_file(path, "w");
	struct err err;

	assert_true(ks_load(&key, ks, ref, &err));
	assert_true(req && file && X509_REQ_set_pubkey(req, key));
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	assert_true(PEM_write_bio_X509_REQ(file, req));
}

static X509 *read_certificate(const char *path)
{
	AUTO(bio) BIO *file = BIO_new_file(path, "r");
	X509 *cert = file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;

	assert_non_null(cert);
	return cert;
}

/* A key in the token, and a login of the simulator bound to its certificate. */
static void make_login(const char *login, enum ks_key_type type, unsigned char id)
{
	AUTO(ks) struct ks *ks = open_token();
	const struct ks_ref ref = { .id = { { id }, 1 }, .label = login };
	char request[96];
	char certificate[96];
	const char *arguments[] = { login, "--client-csr", request, "--client-cert", certificate,
		NULL };
	X509 *cert;
	struct err err;

	in_dir(request, sizeof(request), "token.csr");
	in_dir(certificate, sizeof(certificate), "token.pem");
	unlink(certificate);
	if (!ks_generate(ks, &ref, type, &err))
		fail_msg("%s", err.text);
	write_request(ks, &ref, request);
	sim_add_login(&sim, arguments);
	cert = read_certificate(certificate);
	if (!ks_store_certificate(ks, &ref, cert, &err))
		fail_msg("%s", err.text);
	X509_free(cert);
}

static int set_up(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
	csr = scene_csr("www.example.com");
	init_token();
	make_login("tok-rsa", KS_RSA_2048, 1);
	make_login("tok-ec", KS_EC_P256, 2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(csr);
	sim_stop(&sim);
	return 0;
}

static void ask_account(struct reply *r, const char *login, const char *uri, const char *pin)
{
	AUTO(scene_account) struct scene_account a;
	const char *env[] = { conf, NULL };

	scene_account_load(&a, &sim);
	a.request.account.login = login;
	a.request.account.store_type = WIRE_STORE_PKCS11;
	a.request.account.store = (struct wire_bytes) { NULL, 0 };
	a.request.account.store_password = (struct wire_bytes) { pin, strlen(pin) };
	a.request.account.token_module = SOFTHSM_MODULE;
	a.request.account.token_uri = uri;
	fetch_start(&fetch, fetch_program, env);
	fetch_ask(r, &fetch, &a.request);
}

static void use_token(const char *login, const char *uri)
{
	AUTO(reply) struct reply r = { 0 };

	ask_account(&r, login, uri, PIN);
	scene_expect(&r, ERR_NONE, "");
	assert_true(r.r.not_after > 0);
	/* each order is a handshake of its own, so the token signs again and again */
	for (int i = 0; i < 3; i++)
		scene_place(&fetch, csr, "token");
	assert_true(sim_count(&sim, "requests.jsonl", login, "\"operation\":\"enroll\"") >= 3);
	assert_int_equal(fetch_stop(&fetch), 0);
}

static void test_rsa(void **state)
{
	(void)state;
	use_token("tok-rsa", "pkcs11:token=web;object=tok-rsa");
}

static void test_ec(void **state)
{
	(void)state;
	use_token("tok-ec", "pkcs11:token=web;object=tok-ec");
}

/* "refused" of an account is the PIN's: the agent must not try it again. */
static void test_wrong_pin(void **state)
{
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	ask_account(&r, "tok-ec", "pkcs11:token=web;object=tok-ec", "wrong-pin-0000");
	scene_expect(&r, ERR_KEYSTORE, "");
	assert_true(r.r.refused);
	assert_null(strstr(r.r.err.text, "wrong-pin"));
	assert_int_equal(fetch_stop(&fetch), 0);
}

static void test_no_such_key(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	AUTO(reply) struct reply two = { 0 };

	(void)state;
	ask_account(&r, "tok-ec", "pkcs11:token=web;object=nobody", PIN);
	scene_expect(&r, ERR_KEYSTORE, "no private key");
	assert_false(r.r.refused);
	assert_int_equal(fetch_stop(&fetch), 0);
	ask_account(&two, "tok-ec", "pkcs11:token=web", PIN);
	scene_expect(&two, ERR_KEYSTORE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* A token that goes away after its login: the key can't sign, and nothing has left the host. */
static void test_token_gone(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	AUTO(reply) struct reply order = { 0 };
	AUTO(fd) int dir = -1;
	struct wire_request submit = scene_submit(csr, "gone");
	struct err err;

	(void)state;
	ask_account(&r, "tok-ec", "pkcs11:token=web;object=tok-ec", PIN);
	scene_expect(&r, ERR_NONE, "");
	assert_true(fs_open_dir(&dir, AT_FDCWD, sim.dir, &err));
	assert_true(fs_remove_tree(dir, "token", &err));
	fetch_ask(&order, &fetch, &submit);
	scene_expect(&order, ERR_KEYSTORE, "");
	assert_true(order.r.unsent);
	assert_int_equal(fetch_stop(&fetch), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_ec),
		cmocka_unit_test(test_wrong_pin),
		cmocka_unit_test(test_no_such_key),
		cmocka_unit_test(test_token_gone),
	};

	if (argc != 3)
		return 2;
	if (!*SOFTHSM_MODULE || access("/usr/bin/softhsm2-util", X_OK))
		return 77;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
