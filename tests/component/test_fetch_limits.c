/* Hostile and broken servers: bounded answers, bounded memory, bounded time, no detours. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_server.h"
#include "fetch_scene.h"

#define PEAK_KIB (64 * 1024)

/* A sanitizer's own memory would be measured instead. */
#if defined(__SANITIZE_ADDRESS__)
#define MEASURE false
#else
#define MEASURE true
#endif

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;
static char identity[96];
static uint64_t order;

static int set_up(void **state)
{
	AUTO_STR char *csr = scene_csr("www.example.com");

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
	scene_start(&fetch, fetch_program, &sim);
	order = scene_place(&fetch, csr, "tag");
	assert_int_equal(fetch_stop(&fetch), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sim_stop(&sim);
	return 0;
}

static void check_peak(const char *what)
{
	long kib = fetch_peak_kib(&fetch);

	if (MEASURE && kib > PEAK_KIB)
		fail_msg("%s: %ld KiB", what, kib);
}

static const struct {
	const char *fault;
	enum err_kind kind;
} floods[] = {
	{ "endless-body", ERR_PROTOCOL },
	{ "endless-headers", ERR_PROTOCOL },
	{ "gzip-bomb=200", ERR_PROTOCOL },
	{ "nest=100000", ERR_PROTOCOL },
	{ "huge=300000", ERR_PROTOCOL },
};

/* As many calls as go, each flooded, in one process. */
static void test_floods(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		char line[64];

		snprintf(line, sizeof(line), "--fault any:%s", floods[i].fault);
		sim_switch(&sim, line);
		scene_start(&fetch, fetch_program, &sim);
		for (int n = 0; n < 8; n++) {
			struct wire_request r = scene_order(WIRE_COLLECT, order);
			struct wire_request list = { .op = WIRE_LIST,
				.list = { .kind = WIRE_LIST_PROFILES } };

			fetch_send(&fetch, &r);
			fetch_send(&fetch, &list);
		}
		for (int n = 0; n < 16; n++) {
			AUTO(reply) struct reply r = { 0 };

			fetch_receive(&r, &fetch);
			/* a collected chain is not JSON and may be nested or huge as it likes */
			if (r.r.err.kind != floods[i].kind && r.r.chain_count == 0)
				fail_msg("%s: %s", floods[i].fault, r.r.err.text);
		}
		check_peak(floods[i].fault);
		assert_int_equal(fetch_stop(&fetch), 0);
	}
}

static void ask_bad(struct reply *r, const struct bad_server_spec *spec)
{
	AUTO(scene_account) struct scene_account a;
	AUTO(reply) struct reply taken = { 0 };
	struct wire_request details = scene_order(WIRE_DETAILS, 1);
	struct bad_server server;

	bad_server_start(&server, spec);
	scene_account_load(&a, &sim);
	a.request.account.url = server.url;
	fetch_start(&fetch, fetch_program, NULL);
	fetch_ask(&taken, &fetch, &a.request);
	scene_expect(&taken, ERR_NONE, "");
	fetch_ask(r, &fetch, &details);
	check_peak(spec->answer);
	assert_int_equal(fetch_stop(&fetch), 0);
	bad_server_stop(&server);
}

/* One header line, one status line, one answer after the other, without end. */
static void test_endless_pieces(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nX-Long: "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"HTTP/1.1 200 "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\naaaaa\r\n5\r\naaaaa\r\n",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		AUTO(reply) struct reply r = { 0 };
		struct bad_server_spec spec = { .identity = identity,
			.read = BAD_WHOLE_REQUEST,
			.answer = answers[i],
			.len = strlen(answers[i]),
			.endless = true };

		ask_bad(&r, &spec);
		if (r.r.err.kind != ERR_PROTOCOL && r.r.err.kind != ERR_UNAVAILABLE)
			fail_msg("answer %zu: %s", i, r.r.err.text);
	}
}

/* A redirect is an error, wherever it points, and nothing goes there. */
static void test_redirects(void **state)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	struct bad_server target;
	struct wire_request details = scene_order(WIRE_DETAILS, 1);

	(void)state;
	bad_server_start(&target, &(struct bad_server_spec) { .habit = BAD_HANG_UP });
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		AUTO(reply) struct reply r = { 0 };
		char line[128];

		snprintf(line, sizeof(line), "--fault any:redirect=%d,http://localhost:%u/x",
			statuses[i], target.port);
		sim_switch(&sim, line);
		scene_start(&fetch, fetch_program, &sim);
		fetch_ask(&r, &fetch, &details);
		scene_expect(&r, ERR_PROTOCOL, "not followed");
		assert_int_equal(fetch_stop(&fetch), 0);
	}
	bad_server_stop(&target);
	assert_int_equal(target.connections, 0);
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		uint32_t from;
		uint32_t to;
	} values[] = {
		{ "120", 120, 120 },
		{ "0", 1, 1 },
		{ "99999999999999", 86400, 86400 },
		{ "-5", 0, 0 },
		{ "nonsense", 0, 0 },
		{ "Wed, 21 Oct 2015 07:28:00 GMT", 1, 1 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 86400, 86400 },
	};
	struct wire_request details = scene_order(WIRE_DETAILS, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		AUTO(reply) struct reply r = { 0 };
		char line[128];

		snprintf(line, sizeof(line), "--fault any:retry-after=%s%s", values[i].value,
			strstr(values[i].value, "GMT") ? ":100" : "");
		sim_switch(&sim, line);
		scene_start(&fetch, fetch_program, &sim);
		fetch_ask(&r, &fetch, &details);
		scene_expect(&r, ERR_UNAVAILABLE, "HTTP 429");
		if (r.r.retry_after < values[i].from || r.r.retry_after > values[i].to)
			fail_msg("%s: %u", values[i].value, r.r.retry_after);
		assert_int_equal(fetch_stop(&fetch), 0);
	}
}

/*
 * What only time can show, all at once: a server that says nothing, one that drips its answer, and
 * one whose chunk never begins, which libcurl skips without telling anybody.
 */
static void test_slow_servers(void **state)
{
	static const char drip[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{";
	static const char chunk[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				    "5;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	const struct {
		struct bad_server_spec spec;
		const char *words;
	} slow[] = {
		{ { .habit = BAD_SILENT }, "timeout" },
		{ { .identity = identity,
			  .read = BAD_WHOLE_REQUEST,
			  .answer = drip,
			  .len = sizeof(drip) - 1,
			  .endless = true,
			  .drip_ms = 50 },
			"less than 3000 bytes" },
		{ { .identity = identity,
			  .read = BAD_WHOLE_REQUEST,
			  .answer = chunk,
			  .len = sizeof(chunk) - 1,
			  .endless = true,
			  .drip_ms = 2 },
			"less than 3000 bytes" },
	};
	AUTO(scene_account) struct scene_account a;
	struct wire_request details = scene_order(WIRE_DETAILS, 1);
	struct bad_server servers[ARRAY_LEN(slow)];
	struct fetch fetches[ARRAY_LEN(slow)];

	(void)state;
	scene_account_load(&a, &sim);
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		AUTO(reply) struct reply r = { 0 };

		bad_server_start(&servers[i], &slow[i].spec);
		a.request.account.url = servers[i].url;
		fetch_start(&fetches[i], fetch_program, NULL);
		fetch_ask(&r, &fetches[i], &a.request);
		fetch_send(&fetches[i], &details);
	}
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		AUTO(reply) struct reply r = { 0 };

		fetch_receive(&r, &fetches[i]);
		scene_expect(&r, ERR_UNAVAILABLE, slow[i].words);
		assert_int_equal(fetch_stop(&fetches[i]), 0);
		bad_server_stop(&servers[i]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_endless_pieces),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_slow_servers),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
