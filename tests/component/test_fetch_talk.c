/*
 * The conversation itself: order of messages, many at once, credentials of each kind, an
 * environment that must not count.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"
#include "fetch_scene.h"

#define MANY 40

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static char *csr;

static int set_up(void **state)
{
	(void)state;
	sim_start(&sim, sim_program, NULL);
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

/* ---- order of messages ----------------------------------------------------------------------- */

static void test_ends_with_the_socket(void **state)
{
	(void)state;
	fetch_start(&fetch, fetch_program, NULL);
	assert_int_equal(fetch_stop(&fetch), 0);
	scene_start(&fetch, fetch_program, &sim);
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* Also while a call is in flight: fetch_stop() would kill one that waits for it. */
static void test_ends_in_the_middle(void **state)
{
	struct wire_request details = scene_order(WIRE_DETAILS, 1);

	(void)state;
	sim_switch(&sim, "--delay 60000");
	scene_start(&fetch, fetch_program, &sim);
	fetch_send(&fetch, &details);
	assert_int_equal(fetch_stop(&fetch), 0);
	sim_switch(&sim, "");
}

static void test_out_of_turn(void **state)
{
	AUTO(scene_account) struct scene_account a;
	struct wire_request probe = { .op = WIRE_PROBE,
		.probe = { "127.0.0.1", sim.port, "localhost", 10000 } };
	struct wire_request details = scene_order(WIRE_DETAILS, 1);

	(void)state;
	scene_account_load(&a, &sim);
	fetch_start(&fetch, fetch_program, NULL);
	fetch_send(&fetch, &details);
	assert_true(fetch_closed(&fetch));
	fetch_stop(&fetch);

	scene_start(&fetch, fetch_program, &sim);
	fetch_send(&fetch, &probe);
	assert_true(fetch_closed(&fetch));
	fetch_stop(&fetch);

	scene_start(&fetch, fetch_program, &sim);
	fetch_send(&fetch, &a.request);
	assert_true(fetch_closed(&fetch));
	fetch_stop(&fetch);

	fetch_start(&fetch, fetch_program, NULL);
	for (int i = 0; i < 2; i++) {
		AUTO(reply) struct reply r = { 0 };

		fetch_ask(&r, &fetch, &probe);
		scene_expect(&r, ERR_NONE, "");
		assert_true(r.r.chain_count >= 1);
	}
	fetch_send(&fetch, &a.request);
	assert_true(fetch_closed(&fetch));
	fetch_stop(&fetch);
}

static void test_nonsense(void **state)
{
	static const char *const nonsense[] = { "\xff\xff\xff\xff", "GET / HTTP/1.1\r\n\r\n",
		"\0\0\0\4abcd", "\0\0\0\0" };
	static const size_t lengths[] = { 4, 18, 8, 4 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		fetch_start(&fetch, fetch_program, NULL);
		assert_int_equal(
			send(fetch.sock, nonsense[i], lengths[i], MSG_NOSIGNAL), (int)lengths[i]);
		assert_true(fetch_closed(&fetch));
		assert_int_equal(fetch_stop(&fetch), 0);
	}
}

static void test_byte_by_byte(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(buf) struct buf message = BUF(WIRE_REQUEST_MAX);
	AUTO(reply) struct reply r = { 0 };
	struct err err = { 0 };

	(void)state;
	scene_account_load(&a, &sim);
	a.request.id = 5;
	assert_true(wire_encode_request(&message, &a.request, &err));
	fetch_start(&fetch, fetch_program, NULL);
	for (size_t i = 0; i < message.len; i++)
		assert_int_equal(send(fetch.sock, message.data + i, 1, MSG_NOSIGNAL), 1);
	fetch_receive(&r, &fetch);
	assert_int_equal(r.r.id, 5);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* ---- many at once ---------------------------------------------------------------------------- */

/* Number of different values of "connection" in the lines about an operation. */
static size_t connections_of(const char *operation)
{
	AUTO(buf) struct buf log = { 0 };
	char word[64];
	size_t seen[256] = { 0 };
	size_t n = 0;
	char *end;

	snprintf(word, sizeof(word), "\"operation\":\"%s\"", operation);
	sim_read(&log, &sim, "requests.jsonl");
	for (char *line = log.data; line && (end = strchr(line, '\n')); line = end + 1) {
		const char *at = strstr(line, "\"connection\":");
		size_t number;
		size_t i = 0;

		*end = '\0';
		if (!at || !strstr(line, word))
			continue;
		number = strtoul(at + strlen("\"connection\":"), NULL, 10);
		while (i < n && seen[i] != number)
			i++;
		if (i == n && n < ARRAY_LEN(seen))
			seen[n++] = number;
	}
	return n;
}

static void test_many_at_once(void **state)
{
	struct wire_request profiles = { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_PROFILES } };
	bool answered[MANY + 2] = { false };
	size_t before = connections_of("types");
	int64_t begun;

	(void)state;
	sim_switch(&sim, "--delay 200");
	scene_start(&fetch, fetch_program, &sim);
	begun = clock_ms();
	for (int i = 0; i < MANY; i++)
		assert_int_equal(fetch_send(&fetch, &profiles), 2 + i);
	for (int i = 0; i < MANY; i++) {
		AUTO(reply) struct reply r = { 0 };

		fetch_receive(&r, &fetch);
		scene_expect(&r, ERR_NONE, "");
		assert_int_equal(r.r.rows, 5);
		assert_true(r.r.id >= 2 && r.r.id < MANY + 2);
		assert_false(answered[r.r.id]);
		answered[r.r.id] = true;
	}
	/* never more than four at a time, on four connections that are used again */
	assert_true(clock_ms() - begun >= MANY / 4 * 200);
	assert_int_equal(connections_of("types") - before, 4);
	assert_int_equal(fetch_stop(&fetch), 0);
	sim_switch(&sim, "");
}

/* Each order comes on a connection of its own, on which nothing else is ever asked. */
static void test_orders_have_their_own_connections(void **state)
{
	struct wire_request profiles = { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_PROFILES } };
	size_t before = connections_of("enroll");

	(void)state;
	scene_start(&fetch, fetch_program, &sim);
	for (int i = 0; i < 6; i++) {
		AUTO(reply) struct reply r = { 0 };

		fetch_ask(&r, &fetch, &profiles);
		scene_place(&fetch, csr, "own");
	}
	assert_int_equal(connections_of("enroll") - before, 6);
	assert_int_equal(
		sim_count(&sim, "requests.jsonl", "\"operation\":\"enroll\"", "\"number\":1,"),
		sim_count(&sim, "requests.jsonl", "\"operation\":\"enroll\"", NULL));
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* ---- accounts -------------------------------------------------------------------------------- */

static void refuse(const struct scene_account *a, enum err_kind kind, const char *words)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request request = a->request;

	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&r, &fetch, &request);
	scene_expect(&r, kind, words);
	assert_false(r.r.refused);
	assert_int_equal(fetch_stop(&fetch), 0);
}

static void test_bad_accounts(void **state)
{
	static const char *const urls[] = { "http://localhost", "localhost", "https://",
		"https://user@localhost", "https://u:p@localhost", "https://localhost/?q",
		"https://localhost/#f", "https://local host", "ftp://localhost", "" };
	AUTO(scene_account) struct scene_account a;
	AUTO(scene_account) struct scene_account b;

	(void)state;
	scene_account_load(&a, &sim);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		a.request.account.url = urls[i];
		refuse(&a, ERR_CONFIG, "url");
	}
	a.request.account.url = sim.url;
	a.request.account.login = "api\r\nX-Other: 1";
	refuse(&a, ERR_CONFIG, "login: control characters");
	a.request.account.login = "api";
	a.request.account.customer_uri = "";
	refuse(&a, ERR_CONFIG, "customer_uri: empty");
	a.request.account.customer_uri = "example";
	a.request.account.trust_store = (struct wire_bytes) { "nothing", 7 };
	refuse(&a, ERR_CONFIG, "ssl_trust_store");
	a.request.account.trust_store = (struct wire_bytes) { a.trust.data, a.trust.len / 2 };
	refuse(&a, ERR_CONFIG, "ssl_trust_store");
	scene_account_load(&b, &sim);
	b.request.account.store = (struct wire_bytes) { "nothing", 7 };
	refuse(&b, ERR_KEYSTORE, "");
}

static void make_p12(struct scene_account *a, const char *password)
{
	char store[96];
	char file[96];
	const char *login[] = { "p12", "--client-cert", store, "--store-password-file", file,
		NULL };
	AUTO(fd) int dir = -1;
	struct err err = { 0 };

	snprintf(store, sizeof(store), "%s/client.p12", sim.dir);
	snprintf(file, sizeof(file), "%s/store-password", sim.dir);
	assert_true(fs_open_dir(&dir, AT_FDCWD, sim.dir, &err));
	assert_true(
		fs_write(dir, "store-password", password, strlen(password), FS_ATTR(0600), &err));
	sim_add_login(&sim, login);
	scene_account_load(a, &sim);
	buf_dispose(&a->store);
	sim_read(&a->store, &sim, "client.p12");
	a->request.account.login = "p12";
	a->request.account.store_type = WIRE_STORE_PKCS12;
	a->request.account.store = (struct wire_bytes) { a->store.data, a->store.len };
}

static void test_pkcs12_account(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply r = { 0 };

	(void)state;
	make_p12(&a, "open sesame");
	a.request.account.store_password = (struct wire_bytes) { "wrong", 5 };
	refuse(&a, ERR_KEYSTORE, "password");
	a.request.account.store_password = (struct wire_bytes) { "open sesame", 11 };
	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&r, &fetch, &a.request);
	scene_expect(&r, ERR_NONE, "");
	assert_true(r.r.not_after > clock_now());
	scene_place(&fetch, csr, "p12");
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* Nothing of an environment has an effect, and no file appears. */
static void test_environment_does_not_count(void **state)
{
	char log[96];
	char keylog[128];
	char conf[128];
	const char *env[] = { "https_proxy=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9",
		"ALL_PROXY=http://127.0.0.1:9", "SSL_CERT_FILE=/nonexistent",
		"SSL_CERT_DIR=/nonexistent", "CURL_CA_BUNDLE=/nonexistent", "HOME=/nonexistent",
		"OPENSSL_MODULES=/nonexistent", keylog, conf, NULL };
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply r = { 0 };
	struct stat st;

	(void)state;
	snprintf(log, sizeof(log), "%s/keylog", sim.dir);
	snprintf(keylog, sizeof(keylog), "SSLKEYLOGFILE=%s", log);
	/* a configuration that OpenSSL would stumble over */
	snprintf(conf, sizeof(conf), "OPENSSL_CONF=%s/ledger.jsonl", sim.dir);
	scene_account_load(&a, &sim);
	fetch_start(&fetch, fetch_program, env);
	fetch_ask(&r, &fetch, &a.request);
	scene_expect(&r, ERR_NONE, "");
	scene_place(&fetch, csr, "environment");
	assert_int_equal(fetch_stop(&fetch), 0);
	assert_int_not_equal(stat(log, &st), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_with_the_socket),
		cmocka_unit_test(test_ends_in_the_middle),
		cmocka_unit_test(test_out_of_turn),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_orders_have_their_own_connections),
		cmocka_unit_test(test_bad_accounts),
		cmocka_unit_test(test_pkcs12_account),
		cmocka_unit_test(test_environment_does_not_count),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
