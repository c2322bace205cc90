/*
 * Client certificates and anchors in the stores that Java's keytool makes: loaded inside the
 * sandbox and used for an order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/proc.h"
#include "fetch_scene.h"

#define STORE_PASSWORD "changeit"
#define KEY_PASSWORD "of the key"
#define PLENTY_MS 120000

#define KEYTOOL(...) keytool((const char *const[]) { __VA_ARGS__, NULL })

static const char *sim_program;
static const char *fetch_program;
static const char *keytool_program;
static struct sim sim;
static struct fetch fetch;
static char *csr;
static char pem_path[96];
static char p12_path[96];
static char store_path[96];

static void in_dir(char out[static 96], const char *name)
{
	assert_true(snprintf(out, 96, "%s/%s", sim.dir, name) < 96);
}

static void keytool(const char *const *args)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
	const char *argv[48] = { keytool_program, "-J-XX:TieredStopAtLevel=1",
		"-J-XX:-UsePerfData" };
	struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = PLENTY_MS };
	AUTO(proc_result) struct proc_result r = { 0 };
	struct err err = { 0 };

	for (size_t n = 3; *args; args++, n++) {
		assert_true(n + 1 < ARRAY_LEN(argv));
		argv[n] = *args;
	}
	assert_true(proc_run(&r, &spec, &err));
	if (r.status)
		fail_msg("keytool: %s", buf_str(&r.output));
}

static int set_up(void **state)
{
	char password[96];
	const char *login[] = { "java", "--client-cert", p12_path, "--store-password-file",
		password, NULL };

	(void)state;
	sim_start(&sim, sim_program, NULL);
	in_dir(pem_path, "tls-ca.pem");
	in_dir(p12_path, "client.p12");
	in_dir(store_path, "store");
	in_dir(password, "store-password");
	sim_put(&sim, "store-password", STORE_PASSWORD, strlen(STORE_PASSWORD));
	sim_add_login(&sim, login);
	csr = scene_csr("www.example.com");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(csr);
	sim_stop(&sim);
	return 0;
}

static struct wire_bytes bytes(const char *text)
{
	return (struct wire_bytes) { text, strlen(text) };
}

/* The file "store" as the account's key store. */
static void use_store(struct scene_account *a, enum wire_store_type type)
{
	struct wire_account *w = &a->request.account;

	buf_dispose(&a->store);
	sim_read(&a->store, &sim, "store");
	w->login = "java";
	w->store_type = type;
	w->store = (struct wire_bytes) { a->store.data, a->store.len };
	w->store_password = bytes(STORE_PASSWORD);
}

static void order(struct scene_account *a)
{
	AUTO(reply) struct reply r = { 0 };

	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&r, &fetch, &a->request);
	scene_expect(&r, ERR_NONE, "");
	assert_true(r.r.not_after > clock_now());
	scene_place(&fetch, csr, "java");
	assert_int_equal(fetch_stop(&fetch), 0);
}

static void refuse(struct scene_account *a, enum err_kind kind, const char *words)
{
	AUTO(reply) struct reply r = { 0 };

	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&r, &fetch, &a->request);
	scene_expect(&r, kind, words);
	assert_false(r.r.refused);
	assert_int_equal(fetch_stop(&fetch), 0);
}

static const struct {
	const char *name;
	enum wire_store_type type;
	bool own; /* the key may have a password of its own */
} types[] = {
	{ "JKS", WIRE_STORE_JKS, true },
	{ "JCEKS", WIRE_STORE_JCEKS, true },
	{ "PKCS12", WIRE_STORE_PKCS12, false },
};

static void test_client_certificates(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO(scene_account) struct scene_account a;
		struct wire_account *w = &a.request.account;

		unlink(store_path);
		KEYTOOL("-importkeystore", "-noprompt", "-srckeystore", p12_path, "-srcstoretype",
			"PKCS12", "-srcstorepass", STORE_PASSWORD, "-destkeystore", store_path,
			"-deststoretype", types[i].name, "-deststorepass", STORE_PASSWORD);
		scene_account_load(&a, &sim);
		use_store(&a, types[i].type);
		order(&a);
		w->store_password = bytes("canary-wrong");
		refuse(&a, ERR_KEYSTORE, "wrong password");
		w->store_password = bytes(STORE_PASSWORD);
		w->store_alias = "nobody";
		refuse(&a, ERR_KEYSTORE, "there are: 'java'");
	}
}

static void test_keys_own_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO(scene_account) struct scene_account a;

		if (!types[i].own)
			continue;
		unlink(store_path);
		/* keytool wants an alias with -destkeypass: the simulator's is the login */
		KEYTOOL("-importkeystore", "-noprompt", "-srckeystore", p12_path, "-srcstoretype",
			"PKCS12", "-srcstorepass", STORE_PASSWORD, "-srcalias", "java",
			"-destkeystore", store_path, "-deststoretype", types[i].name,
			"-deststorepass", STORE_PASSWORD, "-destkeypass", KEY_PASSWORD);
		scene_account_load(&a, &sim);
		use_store(&a, types[i].type);
		refuse(&a, ERR_KEYSTORE, "wrong password for the private key");
		a.request.account.key_password = bytes(KEY_PASSWORD);
		order(&a);
	}
}

static void test_trust_stores(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		AUTO(scene_account) struct scene_account a;
		struct wire_account *w = &a.request.account;

		unlink(store_path);
		KEYTOOL("-importcert", "-noprompt", "-alias", "scm", "-file", pem_path,
			"-storetype", types[i].name, "-keystore", store_path, "-storepass",
			STORE_PASSWORD);
		scene_account_load(&a, &sim);
		buf_dispose(&a.trust);
		sim_read(&a.trust, &sim, "store");
		w->trust_type = types[i].type;
		w->trust_store = (struct wire_bytes) { a.trust.data, a.trust.len };
		w->trust_password = bytes(STORE_PASSWORD);
		order(&a);
		w->trust_password = bytes("canary-wrong");
		refuse(&a, ERR_CONFIG, "ssl_trust_store: ");
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_certificates),
		cmocka_unit_test(test_keys_own_password),
		cmocka_unit_test(test_trust_stores),
	};

	if (argc != 4)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	keytool_program = argv[3];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
