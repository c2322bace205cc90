/*
 * Through a proxy: what each side gets to see, and whose failure it is when it does not work. The
 * proxies are real ones, but for those that go wrong on purpose.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bad_server.h"
#include "fetch_scene.h"
#include "proxy.h"

#define PASSWORD "scm-canary"
#define MANY 6

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static char *csr;
static char identity[96];

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	sim_add_secret(&sim, "add-login", "bob", PASSWORD);
	sim_add_secret(&sim, "add-client", "key", PASSWORD);
	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
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

static const struct kind {
	const char *name;
	enum proxy_kind kind;
	enum proxy_login login;
} kinds[] = {
	{ "tinyproxy", PROXY_TINYPROXY, PROXY_OPEN },
	{ "tinyproxy, Basic", PROXY_TINYPROXY, PROXY_BASIC },
	{ "squid", PROXY_SQUID, PROXY_OPEN },
	{ "squid, Basic", PROXY_SQUID, PROXY_BASIC },
	{ "squid, Digest", PROXY_SQUID, PROXY_DIGEST },
};

static void start_kind(struct proxy *p, const struct kind *k)
{
	*p = (struct proxy) { .kind = k->kind, .login = k->login };
	proxy_start(p);
}

/* Behind the proxy on that port; `password` NULL: without a login. */
static void load(struct scene_account *a, unsigned port, const char *password)
{
	struct wire_account *w = &a->request.account;

	scene_account_load(a, &sim);
	w->proxy_host = "127.0.0.1";
	w->proxy_port = port;
	if (!password)
		return;
	w->proxy_user = PROXY_USER;
	w->proxy_password = (struct wire_bytes) { password, strlen(password) };
}

static const char *password_for(const struct proxy *p)
{
	return p->login == PROXY_OPEN ? NULL : PROXY_PASSWORD;
}

/* ---- what works ------------------------------------------------------------------------------ */

static void order_as(struct scene_account *a, enum wire_auth auth)
{
	if (auth == WIRE_PASSWORD)
		scene_account_secret(a, auth, "bob", PASSWORD);
	if (auth == WIRE_OAUTH2)
		scene_account_secret(a, auth, "key", PASSWORD);
	scene_open(&fetch, fetch_program, a);
	scene_place(&fetch, csr, "proxy");
	scene_ask_many(&fetch, MANY, ERR_NONE, "");
	scene_place(&fetch, csr, "proxy");
	assert_int_equal(fetch_stop(&fetch), 0);
}

static void expect_nothing_of(const struct buf *log, const char *const *words, const char *where)
{
	for (; *words; words++)
		if (strcasestr(buf_str(log), *words))
			fail_msg("%s: '%s' is in: %s", where, *words, buf_str(log));
}

/* Neither side learns what is meant for the other. */
static void check_logs(const struct proxy *p, const char *name)
{
	static const char *const of_scm[] = { PASSWORD, "bob", "customerUri", "Bearer",
		"client_secret", "login:", "password:", "Content-Type", "/ssl/v1", NULL };
	static const char *const of_proxy[] = { "Proxy-", PROXY_USER, PROXY_PASSWORD, NULL };
	AUTO(buf) struct buf log = { 0 };
	AUTO(buf) struct buf seen = { 0 };

	proxy_log(&log, p);
	expect_nothing_of(&log, of_scm, name);
	sim_read(&seen, &sim, "requests.jsonl");
	expect_nothing_of(&seen, of_proxy, name);
}

static void test_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct proxy p;

		start_kind(&p, &kinds[i]);
		for (enum wire_auth auth = WIRE_CLIENT_CERT; auth <= WIRE_OAUTH2; auth++) {
			AUTO(scene_account) struct scene_account a;
			size_t before = proxy_connects(&p);

			load(&a, p.port, password_for(&p));
			order_as(&a, auth);
			/* one for each order at least */
			if (proxy_connects(&p) < before + 2)
				fail_msg("%s: went around", kinds[i].name);
		}
		check_logs(&p, kinds[i].name);
		proxy_stop(&p);
	}
	assert_int_equal(
		sim_count(&sim, "ledger.jsonl", "accepted", NULL), 2 * 3 * ARRAY_LEN(kinds));
}

/* ---- what the proxy refuses ------------------------------------------------------------------ */

static void refuse(struct reply *r, struct scene_account *a)
{
	struct wire_request submit = scene_submit(csr, "refused");

	scene_open(&fetch, fetch_program, a);
	fetch_ask(r, &fetch, &submit);
	assert_true(r->r.unsent);
	assert_false(r->r.refused);
	assert_null(strstr(r->r.err.text, "canary"));
}

/* One attempt, however much waits; the request before it asks how to log in. */
/* A proxy may write its log a moment after it has answered. */
static void expect_connects(const struct proxy *p, const char *name, size_t wanted)
{
	for (int i = 0; i < 500 && proxy_connects(p) < wanted; i++)
		usleep(20000);
	if (proxy_connects(p) != wanted)
		fail_msg("%s: %zu attempts", name, proxy_connects(p));
}

static void test_wrong_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply r = { 0 };
		struct proxy p;

		if (kinds[i].login == PROXY_OPEN)
			continue;
		start_kind(&p, &kinds[i]);
		load(&a, p.port, "canary-wrong");
		refuse(&r, &a);
		scene_expect(&r, ERR_AUTH, "refuses proxy_username 'proxy-user'");
		scene_expect(&r, ERR_AUTH, "check proxy_password_file");
		scene_ask_many(&fetch, MANY, ERR_AUTH, "refuses proxy_username");
		assert_int_equal(fetch_stop(&fetch), 0);
		expect_connects(&p, kinds[i].name, 2);
		proxy_stop(&p);
	}
}

static void test_no_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply r = { 0 };
		struct proxy p;

		if (kinds[i].login == PROXY_OPEN)
			continue;
		start_kind(&p, &kinds[i]);
		load(&a, p.port, NULL);
		refuse(&r, &a);
		scene_expect(&r, ERR_UNAVAILABLE, "HTTP 407; set proxy_username");
		assert_int_equal(fetch_stop(&fetch), 0);
		proxy_stop(&p);
	}
}

static void test_closed_proxy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply r = { 0 };
		struct proxy p = { .kind = kinds[i].kind, .closed = true };

		if (kinds[i].login != PROXY_OPEN)
			continue;
		proxy_start(&p);
		load(&a, p.port, NULL);
		refuse(&r, &a);
		scene_expect(&r, ERR_UNAVAILABLE, "does not connect to the server: HTTP 403");
		assert_int_equal(fetch_stop(&fetch), 0);
		proxy_stop(&p);
	}
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void test_dead_proxy(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply closed = { 0 };
	AUTO(reply) struct reply unknown = { 0 };
	struct bad_server nobody;
	char name[64];

	(void)state;
	bad_server_start(&nobody, &(struct bad_server_spec) { .habit = BAD_HANG_UP });
	bad_server_stop(&nobody);
	snprintf(name, sizeof(name), "proxy '127.0.0.1:%u'", nobody.port);
	load(&a, nobody.port, NULL);
	refuse(&closed, &a);
	scene_expect(&closed, ERR_UNAVAILABLE, name);
	scene_expect(&closed, ERR_UNAVAILABLE, "check proxy_host_name and proxy_port");
	assert_int_equal(fetch_stop(&fetch), 0);

	a.request.account.proxy_host = "proxy.invalid";
	refuse(&unknown, &a);
	scene_expect(&unknown, ERR_UNAVAILABLE, "proxy 'proxy.invalid:");
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* The proxy is well; what is behind it is not. */
static void test_dead_server(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply r = { 0 };
		struct bad_server nobody;
		struct proxy p;

		if (kinds[i].login != PROXY_OPEN)
			continue;
		bad_server_start(&nobody, &(struct bad_server_spec) { .habit = BAD_HANG_UP });
		bad_server_stop(&nobody);
		start_kind(&p, &kinds[i]);
		load(&a, p.port, NULL);
		a.request.account.url = nobody.url;
		refuse(&r, &a);
		scene_expect(&r, ERR_UNAVAILABLE, "does not connect to the server: HTTP 50");
		assert_int_equal(fetch_stop(&fetch), 0);
		proxy_stop(&p);
	}
}

/* A server that nobody vouches for is not trusted more behind a proxy. */
static void test_untrusted_server(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply r = { 0 };
	struct proxy p;

	(void)state;
	start_kind(&p, &kinds[0]);
	load(&a, p.port, NULL);
	buf_dispose(&a.trust);
	sim_read(&a.trust, &sim, "client-ca.pem");
	a.request.account.trust_store = (struct wire_bytes) { a.trust.data, a.trust.len };
	refuse(&r, &a);
	scene_expect(&r, ERR_UNAVAILABLE, "whether the proxy breaks TLS open");
	assert_int_equal(fetch_stop(&fetch), 0);
	proxy_stop(&p);
}

/* The server takes an order and is gone: it may exist, and is not sent a second time. */
static void test_lost_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply r = { 0 };
		struct wire_request submit = scene_submit(csr, "lost");
		struct bad_server server;
		struct proxy p;

		bad_server_start(&server,
			&(struct bad_server_spec) {
				.identity = identity, .read = BAD_WHOLE_REQUEST, .reset = i % 2 });
		start_kind(&p, &kinds[i]);
		load(&a, p.port, password_for(&p));
		a.request.account.url = server.url;
		scene_open(&fetch, fetch_program, &a);
		fetch_ask(&r, &fetch, &submit);
		scene_expect(&r, ERR_UNAVAILABLE, "POST /ssl/v1/enroll");
		assert_false(r.r.unsent);
		assert_false(r.r.refused);
		assert_null(strstr(r.r.err.text, "proxy"));
		assert_int_equal(fetch_stop(&fetch), 0);
		bad_server_stop(&server);
		proxy_stop(&p);
		assert_int_equal(server.connections, 1);
	}
}

/* ---- what is no proxy ------------------------------------------------------------------------ */

static const struct {
	const char *answer;
	bool endless;
	const char *words;
} nonsense[] = {
	{ "220 mail.example.com ESMTP\r\n\r\n", false, "proxy '" },
	{ "HTTP/1.1 302 Found\r\nLocation: https://localhost:1/\r\nContent-Length: 0\r\n\r\n",
		false, "HTTP 302" },
	{ "HTTP/1.1 200 OK\r\n", false, "proxy '" },
	{ "HTTP/1.1 200 OK\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		true, "response too large" },
	{ "HTTP/1.1 200 OK\r\nX-Two: abcdefgh\r\n", true, "header is too long" },
	{ "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: "
	  "9999999999\r\n\r\n"
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaa",
		true, "HTTP 407" },
};

static void test_no_proxy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply r = { 0 };
		struct bad_server proxy;

		bad_server_start(&proxy, &(struct bad_server_spec) { .habit = BAD_HTTP,
						 .answer = nonsense[i].answer,
						 .len = strlen(nonsense[i].answer),
						 .endless = nonsense[i].endless });
		load(&a, proxy.port, NULL);
		refuse(&r, &a);
		scene_expect(&r, ERR_UNAVAILABLE, nonsense[i].words);
		assert_int_equal(fetch_stop(&fetch), 0);
		bad_server_stop(&proxy);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_through),
		cmocka_unit_test(test_wrong_password),
		cmocka_unit_test(test_no_password),
		cmocka_unit_test(test_closed_proxy),
		cmocka_unit_test(test_dead_proxy),
		cmocka_unit_test(test_dead_server),
		cmocka_unit_test(test_untrusted_server),
		cmocka_unit_test(test_lost_order),
		cmocka_unit_test(test_no_proxy),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
