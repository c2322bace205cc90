/*
 * What SUBMIT says about an order when things go wrong: unsent, refused, or neither. The servers
 * count what reached them, so that "unsent" is compared with the truth.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <cmocka.h>

#include "bad_server.h"
#include "fetch_scene.h"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static char identity[96];
static char stranger_ca[96];
static char *csr;

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
	snprintf(stranger_ca, sizeof(stranger_ca), "%s/tls-ca.pem", sim.dir);
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

/* One order to `url`, by a process of its own. */
static void order_at(struct reply *r, const char *url, const char *trust)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply taken = { 0 };
	struct wire_request submit = scene_submit(csr, "tag lost");
	struct fetch fetch;

	scene_account_load(&a, &sim);
	a.request.account.url = url;
	if (trust) {
		buf_dispose(&a.trust);
		sim_read(&a.trust, &sim, trust);
		a.request.account.trust_store = (struct wire_bytes) { a.trust.data, a.trust.len };
	}
	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&taken, &fetch, &a.request);
	scene_expect(&taken, ERR_NONE, "");
	fetch_ask(r, &fetch, &submit);
	assert_int_equal(fetch_stop(&fetch), 0);
}

enum verdict { UNSENT, REFUSED, AMBIGUOUS };

static void expect(const char *what, const struct reply *r, enum err_kind kind, enum verdict v)
{
	if (r->r.err.kind != kind || r->r.unsent != (v == UNSENT) || r->r.refused != (v == REFUSED))
		fail_msg("%s: %s, unsent %d, refused %d: %s", what, err_name(r->r.err.kind),
			r->r.unsent, r->r.refused, r->r.err.text);
}

/* ---- before the request ---------------------------------------------------------------------- */

static const struct {
	const char *what;
	struct bad_server_spec spec;
	bool refuse_client; /* ask for a client certificate of another CA */
	enum err_kind kind;
	enum verdict verdict;
} early[] = {
	{ "hang up", { .habit = BAD_HANG_UP }, false, ERR_UNAVAILABLE, UNSENT },
	{ "reset", { .habit = BAD_HANG_UP, .reset = true }, false, ERR_UNAVAILABLE, UNSENT },
	{ "no TLS", { .habit = BAD_PLAIN }, false, ERR_UNAVAILABLE, UNSENT },
	{ "TLS 1.1", { .version = TLS1_1_VERSION }, false, ERR_UNAVAILABLE, UNSENT },
	{ "TLS 1.2 refuses the client", { .version = TLS1_2_VERSION, .read = 1 }, true, ERR_AUTH,
		UNSENT },
	/* its refusal arrives when the request has left: nobody can say what the server did */
	{ "TLS 1.3 refuses the client", { .version = TLS1_3_VERSION, .read = 1 }, true, ERR_AUTH,
		AMBIGUOUS },
};

static void test_before_the_request(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(early); i++) {
		AUTO(reply) struct reply r = { 0 };
		struct bad_server_spec spec = early[i].spec;
		struct bad_server server;

		spec.identity = identity;
		spec.client_ca = early[i].refuse_client ? stranger_ca : NULL;
		bad_server_start(&server, &spec);
		order_at(&r, server.url, NULL);
		bad_server_stop(&server);
		expect(early[i].what, &r, early[i].kind, early[i].verdict);
		assert_int_equal(server.received, 0);
		assert_int_equal(server.connections, 1);
	}
}

static void test_nobody_there(void **state)
{
	AUTO(reply) struct reply refused = { 0 };
	AUTO(reply) struct reply unknown = { 0 };
	struct bad_server server;

	(void)state;
	bad_server_start(&server, &(struct bad_server_spec) { .habit = BAD_HANG_UP });
	bad_server_stop(&server);
	order_at(&refused, server.url, NULL);
	expect("closed port", &refused, ERR_UNAVAILABLE, UNSENT);
	order_at(&unknown, "https://scm.invalid", NULL);
	expect("no such name", &unknown, ERR_UNAVAILABLE, UNSENT);
	assert_non_null(strstr(unknown.r.err.text, "scm.invalid"));
}

static void test_server_not_trusted(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct bad_server_spec spec = { .identity = identity, .read = 1 };
	struct bad_server server;

	(void)state;
	bad_server_start(&server, &spec);
	order_at(&r, server.url, "client-ca.pem");
	bad_server_stop(&server);
	expect("wrong CA", &r, ERR_UNAVAILABLE, UNSENT);
	assert_non_null(strstr(r.r.err.text, "ssl_trust_store"));
	assert_int_equal(server.received, 0);
}

/* Without a trust store the system's anchors count, and they don't know the server either. */
static void test_system_anchors(void **state)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply taken = { 0 };
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, "tag system");
	struct fetch fetch;

	(void)state;
	if (access("/etc/ssl/certs/ca-certificates.crt", R_OK))
		fail_msg("no system's anchors: is ca-certificates installed? './dev deps test'");
	scene_account_load(&a, &sim);
	a.request.account.trust_store = (struct wire_bytes) { NULL, 0 };
	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&taken, &fetch, &a.request);
	scene_expect(&taken, ERR_NONE, "");
	fetch_ask(&r, &fetch, &submit);
	expect("system's anchors", &r, ERR_UNAVAILABLE, UNSENT);
	assert_non_null(strstr(r.r.err.text, "ssl_trust_store"));
	assert_int_equal(fetch_stop(&fetch), 0);
}

/* The same at the simulator, with each certificate that must not be trusted. */
static void test_server_certificates(void **state)
{
	static const char *const kinds[] = { "wrong-host", "expired", "not-yet-valid", "stranger",
		"self-signed" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		AUTO(scene_account) struct scene_account a;
		AUTO(reply) struct reply taken = { 0 };
		AUTO(reply) struct reply r = { 0 };
		const char *switches[] = { "--tls-certificate", kinds[i], NULL };
		struct wire_request submit = scene_submit(csr, "tag cert");
		struct sim other;
		struct fetch fetch;

		sim_start(&other, sim_program, switches);
		scene_account_load(&a, &other);
		fetch_start(&fetch, fetch_program, NULL);
		fetch_ask(&taken, &fetch, &a.request);
		scene_expect(&taken, ERR_NONE, "");
		fetch_ask(&r, &fetch, &submit);
		expect(kinds[i], &r, ERR_UNAVAILABLE, UNSENT);
		assert_int_equal(sim_count(&other, "ledger.jsonl", "\"accepted\"", NULL), 0);
		assert_int_equal(fetch_stop(&fetch), 0);
		sim_stop(&other);
	}
}

/* ---- after it -------------------------------------------------------------------------------- */

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "

static const struct {
	const char *what;
	const char *answer;
	enum err_kind kind;
	enum verdict verdict;
	const char *words;
} answers[] = {
	{ "an order", HEAD "12\r\n\r\n{\"sslId\":55}", ERR_NONE, AMBIGUOUS, "" },
	{ "after 100", "HTTP/1.1 100 Continue\r\n\r\n" HEAD "12\r\n\r\n{\"sslId\":55}", ERR_NONE,
		AMBIGUOUS, "" },
	{ "chunked",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		"chunked\r\n\r\nc\r\n{\"sslId\":55}\r\n0\r\n\r\n",
		ERR_NONE, AMBIGUOUS, "" },
	{ "no id", HEAD "2\r\n\r\n{}", ERR_PROTOCOL, AMBIGUOUS, "may exist" },
	{ "id of another type", HEAD "14\r\n\r\n{\"sslId\":\"55\"}", ERR_PROTOCOL, AMBIGUOUS, "" },
	{ "no JSON", HEAD "6\r\n\r\n<html>", ERR_PROTOCOL, AMBIGUOUS, "" },
	{ "empty", HEAD "0\r\n\r\n", ERR_PROTOCOL, AMBIGUOUS, "" },
	{ "204", "HTTP/1.1 204 No Content\r\n\r\n", ERR_PROTOCOL, AMBIGUOUS, "HTTP 204" },
	{ "redirect",
		"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n"
		"Content-Length: 0\r\n\r\n",
		ERR_PROTOCOL, AMBIGUOUS, "redirects to 'https://evil.example/', not followed" },
	{ "final code",
		"HTTP/1.1 400 Bad\r\nContent-Length: 33\r\n\r\n"
		"{\"code\":-36,\"description\":\"term\"}\n",
		ERR_REJECTED, REFUSED, "code -36: term; choose" },
	{ "unknown code", "HTTP/1.1 400 Bad\r\nContent-Length: 14\r\n\r\n{\"code\":-9999}",
		ERR_REJECTED, REFUSED, "code -9999" },
	{ "retryable code", "HTTP/1.1 400 Bad\r\nContent-Length: 14\r\n\r\n{\"code\":-1400}",
		ERR_UNAVAILABLE, AMBIGUOUS, "code -1400" },
	{ "401", "HTTP/1.1 401 No\r\nContent-Length: 12\r\n\r\n{\"code\":-16}", ERR_AUTH, REFUSED,
		"code -16" },
	{ "401 of a proxy", "HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\n<html>", ERR_AUTH,
		AMBIGUOUS, "without an answer of SCM" },
	{ "403", "HTTP/1.1 403 No\r\nContent-Length: 11\r\n\r\n{\"code\":-3}", ERR_REJECTED,
		REFUSED, "code -3" },
	{ "403 of a firewall", "HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\n<html>",
		ERR_UNAVAILABLE, AMBIGUOUS, "" },
	{ "404 of something else", "HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nnot found",
		ERR_PROTOCOL, AMBIGUOUS, "check url" },
	{ "400 without reason", "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", ERR_PROTOCOL,
		AMBIGUOUS, "" },
	{ "500 with a final code", "HTTP/1.1 500 No\r\nContent-Length: 12\r\n\r\n{\"code\":-36}",
		ERR_UNAVAILABLE, AMBIGUOUS, "" },
	{ "503", "HTTP/1.1 503 No\r\nRetry-After: 77\r\nContent-Length: 4\r\n\r\nbusy",
		ERR_UNAVAILABLE, AMBIGUOUS, "busy" },
	{ "no HTTP", "{\"sslId\":55}", ERR_PROTOCOL, AMBIGUOUS, "" },
	{ "hang up", "", ERR_UNAVAILABLE, AMBIGUOUS, "" },
};

static void serve_answer(struct reply *r, const char *answer, size_t len, bool reset)
{
	struct bad_server_spec spec = { .identity = identity,
		.read = BAD_WHOLE_REQUEST,
		.answer = answer,
		.len = len,
		.reset = reset };
	struct bad_server server;

	bad_server_start(&server, &spec);
	order_at(r, server.url, NULL);
	bad_server_stop(&server);
	assert_true(server.received > 0);
	/* never a second time */
	assert_int_equal(server.connections, 1);
}

static void test_each_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		AUTO(reply) struct reply r = { 0 };

		serve_answer(&r, answers[i].answer, strlen(answers[i].answer), false);
		expect(answers[i].what, &r, answers[i].kind, answers[i].verdict);
		scene_expect(&r, answers[i].kind, answers[i].words);
		assert_int_equal(scene_id(&r), answers[i].kind ? 0 : 55);
		assert_int_equal(r.r.retry_after, strcmp(answers[i].what, "503") ? 0 : 77);
	}
}

/* The request cut off by a server that has read only so much of it. */
static void test_cut_request(void **state)
{
	static const size_t bytes[] = { 0, 1, 16, 300 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		for (int reset = 0; reset < 2; reset++) {
			AUTO(reply) struct reply r = { 0 };
			struct bad_server_spec spec = {
				.identity = identity, .read = bytes[i], .reset = reset
			};
			struct bad_server server;

			bad_server_start(&server, &spec);
			order_at(&r, server.url, NULL);
			bad_server_stop(&server);
			expect("cut request", &r, ERR_UNAVAILABLE, AMBIGUOUS);
			assert_int_equal(server.connections, 1);
		}
	}
}

/* An answer cut at every byte is no answer: neither an order nor a refusal. */
static void test_cut_answers(void **state)
{
	static const char *const whole[] = { HEAD "12\r\n\r\n{\"sslId\":55}",
		"HTTP/1.1 400 Bad\r\nContent-Length: 12\r\n\r\n{\"code\":-36}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		size_t len = strlen(whole[i]);

		for (size_t cut = 0; cut < len; cut++) {
			AUTO(reply) struct reply r = { 0 };

			serve_answer(&r, whole[i], cut, cut % 2);
			if (r.r.err.kind != ERR_UNAVAILABLE && r.r.err.kind != ERR_PROTOCOL)
				fail_msg("cut at %zu: %s", cut, r.r.err.text);
			assert_false(r.r.unsent);
			assert_false(r.r.refused);
			assert_int_equal(scene_id(&r), 0);
		}
	}
}

/* Whenever the server asks for our certificate, it is shown. */
static void test_certificate_asked_late(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	static const char answer[] = HEAD "12\r\n\r\n{\"sslId\":55}";
	char ca[96];

	(void)state;
	snprintf(ca, sizeof(ca), "%s/client-ca.pem", sim.dir);
	for (int late = 0; late < 2; late++) {
		for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
			AUTO(reply) struct reply r = { 0 };
			struct bad_server_spec spec = { .identity = identity,
				.client_ca = ca,
				.ask_late = late,
				.version = versions[i],
				.read = BAD_WHOLE_REQUEST,
				.answer = answer,
				.len = sizeof(answer) - 1 };
			struct bad_server server;

			bad_server_start(&server, &spec);
			order_at(&r, server.url, NULL);
			bad_server_stop(&server);
			scene_expect(&r, ERR_NONE, "");
			assert_int_equal(server.clients, 1);
		}
	}
}

/* ---- with the ledger as witness -------------------------------------------------------------- */

static const struct {
	const char *fault;
	size_t orders;
	enum err_kind kind;
	enum verdict verdict;
} faults[] = {
	{ "reset", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "close", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "reset-after-accept", 1, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "close-after-accept", 1, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "reset-at=10", 1, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "close-at=100", 1, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "truncate=9", 1, ERR_PROTOCOL, AMBIGUOUS },
	{ "nest=100", 1, ERR_PROTOCOL, AMBIGUOUS },
	{ "retype=string/sslId", 1, ERR_PROTOCOL, AMBIGUOUS },
	{ "retype=drop/sslId", 1, ERR_PROTOCOL, AMBIGUOUS },
	{ "retype=huge-number/sslId", 1, ERR_PROTOCOL, AMBIGUOUS },
	{ "status=500", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "unavailable", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "html", 0, ERR_PROTOCOL, AMBIGUOUS },
	{ "html=502", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "code=-1400", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "code=-36", 0, ERR_REJECTED, REFUSED },
	{ "status=401", 0, ERR_AUTH, REFUSED },
	{ "retry-after=60", 0, ERR_UNAVAILABLE, AMBIGUOUS },
	{ "endless-body", 1, ERR_PROTOCOL, AMBIGUOUS },
	{ "endless-headers", 1, ERR_PROTOCOL, AMBIGUOUS },
};

static void test_orders_at_scm(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		AUTO(reply) struct reply r = { 0 };
		size_t orders = sim_count(&sim, "ledger.jsonl", "\"accepted\"", NULL);
		size_t posts = sim_count(&sim, "requests.jsonl", "\"operation\":\"enroll\"", NULL);
		char line[64];

		snprintf(line, sizeof(line), "--fault enroll:%s", faults[i].fault);
		sim_switch(&sim, line);
		order_at(&r, sim.url, NULL);
		expect(faults[i].fault, &r, faults[i].kind, faults[i].verdict);
		orders = sim_count(&sim, "ledger.jsonl", "\"accepted\"", NULL) - orders;
		posts = sim_count(&sim, "requests.jsonl", "\"operation\":\"enroll\"", NULL) - posts;
		if (orders != faults[i].orders || posts != 1)
			fail_msg("%s: %zu orders by %zu posts", faults[i].fault, orders, posts);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_the_request),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_server_not_trusted),
		cmocka_unit_test(test_system_anchors),
		cmocka_unit_test(test_server_certificates),
		cmocka_unit_test(test_each_answer),
		cmocka_unit_test(test_certificate_asked_late),
		cmocka_unit_test(test_cut_request),
		cmocka_unit_test(test_cut_answers),
		cmocka_unit_test(test_orders_at_scm),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
