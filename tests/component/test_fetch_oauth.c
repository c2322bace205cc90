/* OAuth2: where tokens come from, how long they serve, and what goes where when they don't. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bad_server.h"
#include "fetch_scene.h"

#define TOKEN_PATH "/auth/realms/apiclients/protocol/openid-connect/token"
#define SECRET "p&ss w\xc3\xb6rd+%=/~ canary"
#define MANY 12

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static char *csr;
static char identity[96];
static char token_url[128];

/* A simulator for each test: what reached it is counted. */
static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	sim_add_secret(&sim, "add-client", "key", SECRET);
	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
	snprintf(token_url, sizeof(token_url), "%s" TOKEN_PATH, sim.url);
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

static void load(struct scene_account *a, const char *secret, const char *url)
{
	scene_account_load(a, &sim);
	scene_account_secret(a, WIRE_OAUTH2, "key", secret);
	a->request.account.token_url = url;
	a->request.account.customer_uri = "";
}

static void open_client(const char *secret, const char *url)
{
	AUTO(scene_account) struct scene_account a;

	load(&a, secret, url);
	scene_open(&fetch, fetch_program, &a);
}

static size_t requests(const char *word, const char *other)
{
	return sim_count(&sim, "requests.jsonl", word, other);
}

static void expect_requests(const char *operation, const char *status, size_t n)
{
	char word[64];
	char other[64];

	snprintf(word, sizeof(word), "\"operation\":\"%s\"", operation);
	snprintf(other, sizeof(other), "\"status\":%s", status);
	if (requests(word, other) != n)
		fail_msg("%s %s: %zu, not %zu", operation, status, requests(word, other), n);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void test_discovered(void **state)
{
	(void)state;
	open_client(SECRET, "");
	scene_ask_many(&fetch, MANY, ERR_NONE, "");
	scene_place(&fetch, csr, "token");
	assert_int_equal(fetch_stop(&fetch), 0);
	/* one call as nobody, one token for all the others */
	expect_requests("types", "401", 1);
	expect_requests("types", "200", MANY);
	expect_requests("enroll", "200", 1);
	expect_requests("token", "200", 1);
	assert_int_equal(requests("Bearer", NULL), 0);
	assert_int_equal(requests("\"Authorization\",\"value\":\"***\"", NULL), MANY + 1);
	assert_int_equal(requests("customerUri", NULL), 0);
	assert_int_equal(requests("\"login\":null", NULL), MANY + 3);
	assert_int_equal(requests("\"name\":\"password\"", NULL), 0);
	assert_int_equal(requests("\"target\":\"/private", NULL), 0);
	assert_int_equal(requests("\"clientSerial\":null", NULL), MANY + 3);
	/* the secret went to one place */
	assert_int_equal(requests("client_secret", NULL), 1);
	assert_int_equal(requests("client_secret", "\"operation\":\"token\""), 1);
	assert_int_equal(requests("canary", NULL), 0);
}

static void test_configured(void **state)
{
	AUTO(scene_account) struct scene_account a;

	(void)state;
	load(&a, SECRET, token_url);
	a.request.account.customer_uri = "example";
	scene_open(&fetch, fetch_program, &a);
	scene_ask_many(&fetch, MANY, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("types", "401", 0);
	expect_requests("token", "200", 1);
	assert_int_equal(requests("\"customerUri\",\"value\":\"example\"", NULL), MANY);
	assert_int_equal(requests("customerUri", "\"operation\":\"token\""), 0);
}

/* A token of two seconds is not used in its second one. */
static void test_replaced_before_its_end(void **state)
{
	(void)state;
	sim_switch(&sim, "--token-lifetime 2");
	open_client(SECRET, token_url);
	scene_ask_many(&fetch, 1, ERR_NONE, "");
	usleep(1100 * 1000);
	scene_ask_many(&fetch, 1, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
	assert_true(requests("\"operation\":\"token\"", NULL) >= 2);
}

static void test_revoked(void **state)
{
	(void)state;
	sim_switch(&sim, "--fault token:lives=0:1");
	open_client(SECRET, token_url);
	scene_ask_many(&fetch, 2, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("types", "401", 1);
	expect_requests("types", "200", 2);
	expect_requests("token", "200", 2);
}

/* The refusal is complete, so the order may be sent again; one order comes of it. */
static void test_revoked_before_an_order(void **state)
{
	(void)state;
	sim_switch(&sim, "--fault token:lives=0:1");
	open_client(SECRET, "");
	assert_true(scene_place(&fetch, csr, "token") > 0);
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("enroll", "401", 1);
	expect_requests("enroll", "200", 1);
	assert_int_equal(requests("\"operation\":\"enroll\"", "\"number\":1,"), 2);
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "accepted", NULL), 1);
}

/* All calls in flight find their token refused: one fetch serves them all. */
static void test_refused_together(void **state)
{
	(void)state;
	open_client(SECRET, token_url);
	scene_ask_many(&fetch, 1, ERR_NONE, "");
	sim_switch(&sim, "--fault types:status=401:4\n--fault types:delay=300:4\n"
			 "--fault token:delay=300");
	scene_ask_many(&fetch, MANY, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("types", "401", 4);
	expect_requests("types", "200", MANY + 1);
	expect_requests("token", "200", 2);
}

/* The last refusal of an old token comes when there is a new one, which is none of its business. */
static void test_refused_late(void **state)
{
	(void)state;
	open_client(SECRET, token_url);
	scene_ask_many(&fetch, 1, ERR_NONE, "");
	sim_switch(&sim, "--fault types:status=401:4\n--fault types:delay=2000:1");
	scene_ask_many(&fetch, 4, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("types", "401", 4);
	expect_requests("types", "200", 5);
	expect_requests("token", "200", 2);
}

static void test_always_refused(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, "refused");

	(void)state;
	sim_switch(&sim, "--fault types:status=401");
	open_client(SECRET, token_url);
	scene_ask_many(&fetch, MANY, ERR_AUTH, "client_secret_file");
	fetch_ask(&r, &fetch, &submit);
	scene_expect(&r, ERR_AUTH, "client_secret_file");
	assert_true(r.r.unsent);
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("types", "401", 2);
	expect_requests("token", "200", 2);
	assert_int_equal(requests("\"operation\":\"enroll\"", NULL), 0);
}

/* ---- a token endpoint that does not give any ------------------------------------------------- */

static void test_wrong_secret(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, "wrong");

	(void)state;
	open_client("canary-wrong", token_url);
	fetch_ask(&r, &fetch, &submit);
	scene_expect(&r, ERR_AUTH, "invalid_client");
	scene_expect(&r, ERR_AUTH, token_url);
	scene_expect(&r, ERR_AUTH, "check client_id and client_secret_file");
	assert_true(r.r.unsent);
	assert_null(strstr(r.r.err.text, "canary"));
	scene_ask_many(&fetch, MANY, ERR_AUTH, "invalid_client");
	assert_int_equal(fetch_stop(&fetch), 0);
	assert_int_equal(requests(NULL, NULL), 1);
}

static const struct {
	const char *fault;
	enum err_kind kind;
	const char *words;
} failures[] = {
	{ "status=500", ERR_UNAVAILABLE, "HTTP 500" },
	{ "unavailable=7", ERR_UNAVAILABLE, "HTTP 503" },
	{ "retry-after=7", ERR_UNAVAILABLE, "HTTP 429" },
	{ "reset", ERR_UNAVAILABLE, "token endpoint" },
	{ "close", ERR_UNAVAILABLE, "token endpoint" },
	{ "html", ERR_PROTOCOL, "JSON" },
	{ "html=404", ERR_PROTOCOL, "check token_url" },
	{ "body={}", ERR_PROTOCOL, "access_token" },
	{ "endless-body", ERR_PROTOCOL, "more than 65536 bytes" },
	{ "endless-headers", ERR_PROTOCOL, "headers of more than" },
	{ "redirect=307,https://localhost:1/", ERR_PROTOCOL, "not followed" },
	{ "truncate=20", ERR_PROTOCOL, "token endpoint" },
};

static void test_failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		AUTO(reply) struct reply r = { 0 };
		struct wire_request submit = scene_submit(csr, "failing");
		char line[96];

		snprintf(line, sizeof(line), "--fault token:%s", failures[i].fault);
		sim_switch(&sim, line);
		open_client(SECRET, token_url);
		fetch_ask(&r, &fetch, &submit);
		if (r.r.err.kind != failures[i].kind || !strstr(r.r.err.text, failures[i].words) ||
			!r.r.unsent || r.r.refused)
			fail_msg("%s: %s: %s", failures[i].fault, err_name(r.r.err.kind),
				r.r.err.text);
		assert_int_equal(r.r.retry_after, strstr(failures[i].fault, "=7") ? 7 : 0);
		/* one that may pass by itself is asked again */
		sim_switch(&sim, "");
		scene_ask_many(&fetch, 1, ERR_NONE, "");
		assert_int_equal(fetch_stop(&fetch), 0);
	}
	assert_int_equal(sim_count(&sim, "ledger.jsonl", "accepted", NULL), 0);
}

static void test_slow_endpoint(void **state)
{
	(void)state;
	sim_switch(&sim, "--fault token:delay=1500:1\n--fault types:delay=100");
	open_client(SECRET, "");
	scene_ask_many(&fetch, MANY, ERR_NONE, "");
	assert_int_equal(fetch_stop(&fetch), 0);
	expect_requests("token", "200", 1);
}

/* ---- SCM names another endpoint -------------------------------------------------------------- */

static void ask_at(struct reply *r, const char *url, const char *tokens_at)
{
	AUTO(scene_account) struct scene_account a;
	struct wire_request profiles = scene_profiles();

	load(&a, SECRET, tokens_at);
	a.request.account.url = url;
	scene_open(&fetch, fetch_program, &a);
	fetch_ask(r, &fetch, &profiles);
	assert_int_equal(fetch_stop(&fetch), 0);
}

static void test_strange_endpoints(void **state)
{
	static const struct {
		const char *before;
		const char *after; /* with the port of another server between them */
		const char *words;
	} challenges[] = {
		{ "Bearer authorization_uri=\"http://localhost:", "/\"",
			"no secret was sent there" },
		{ "Bearer authorization_uri=\"https://u:p@localhost:", "/\"",
			"no secret was sent there" },
		{ "Basic authorization_uri=\"https://localhost:", "/\"", "set token_url" },
		{ "Bearer port=", "", "set token_url" },
	};
	struct bad_server target;

	(void)state;
	bad_server_start(&target, &(struct bad_server_spec) { .habit = BAD_HANG_UP });
	for (size_t i = 0; i < ARRAY_LEN(challenges); i++) {
		AUTO(reply) struct reply r = { 0 };
		AUTO(buf) struct buf answer = BUF(1024);
		struct bad_server scm;

		buf_addf(&answer,
			"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: %s%u%s\r\n"
			"Content-Length: 0\r\n\r\n",
			challenges[i].before, target.port, challenges[i].after);
		bad_server_start(&scm, &(struct bad_server_spec) { .identity = identity,
					       .read = BAD_WHOLE_REQUEST,
					       .answer = answer.data,
					       .len = answer.len });
		ask_at(&r, scm.url, "");
		bad_server_stop(&scm);
		scene_expect(&r, ERR_PROTOCOL, challenges[i].words);
		assert_int_equal(scm.connections, 1);
	}
	bad_server_stop(&target);
	assert_int_equal(target.connections, 0);
}

/* An endpoint that nobody vouches for gets nothing. */
static void test_untrusted_endpoint(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply r = { 0 };
	struct wire_request profiles = scene_profiles();
	struct bad_server endpoint;

	(void)state;
	bad_server_start(&endpoint, &(struct bad_server_spec) { .identity = identity, .read = 1 });
	load(&a, SECRET, endpoint.url);
	buf_dispose(&a.trust);
	sim_read(&a.trust, &sim, "client-ca.pem");
	a.request.account.trust_store = (struct wire_bytes) { a.trust.data, a.trust.len };
	scene_open(&fetch, fetch_program, &a);
	fetch_ask(&r, &fetch, &profiles);
	scene_expect(&r, ERR_UNAVAILABLE, "ssl_trust_store");
	scene_expect(&r, ERR_UNAVAILABLE, endpoint.url);
	assert_int_equal(fetch_stop(&fetch), 0);
	bad_server_stop(&endpoint);
	assert_int_equal(endpoint.received, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_discovered),
		TEST(test_configured),
		TEST(test_replaced_before_its_end),
		TEST(test_revoked),
		TEST(test_revoked_before_an_order),
		TEST(test_refused_together),
		TEST(test_refused_late),
		TEST(test_always_refused),
		TEST(test_wrong_secret),
		TEST(test_failures),
		TEST(test_slow_endpoint),
		TEST(test_strange_endpoints),
		TEST(test_untrusted_endpoint),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
