/*
 * WIRE_PUBLISHED through the whole program: the file of a validation on a real nginx, over HTTP and
 * HTTPS, and servers that do something else.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_server.h"
#include "fetch_scene.h"
#include "file_server.h"

#define FIRST "c4d3f1b04d27b9bb07c4d3f1b04d27b9bb07c4d3f1b04d27b9bb07c4d3f1b04d"
#define SECOND "sectigo.com"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim; /* for an account, and a certificate that nobody trusts */
static struct file_server files;
static char identity[96];
static struct fetch fetch;

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
	file_server_start(&files, identity);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	file_server_stop(&files);
	sim_stop(&sim);
	return 0;
}

static int start(void **state)
{
	(void)state;
	fetch_start(&fetch, fetch_program, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	assert_int_equal(fetch_stop(&fetch), 0);
	return 0;
}

/* ---- looks ----------------------------------------------------------------------------------- */

static struct wire_request look_at(const char *url, unsigned port)
{
	static char route[32];

	snprintf(route, sizeof(route), "127.0.0.1:%u", port);
	return (struct wire_request) { .op = WIRE_PUBLISHED,
		.published = { .url = url,
			.first_line = FIRST,
			.second_line = SECOND,
			.connect = port ? route : "" } };
}

static void expect(const char *url, unsigned port, enum err_kind kind, const char *words)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request look = look_at(url, port);

	fetch_ask(&r, &fetch, &look);
	scene_expect(&r, kind, words);
	assert_int_equal(r.r.rows, 0);
}

static void expect_found(void)
{
	expect("http://www.example.com" FILE_SERVER_PATH, files.http_port, ERR_NONE, "");
	expect("https://www.example.com" FILE_SERVER_PATH, files.https_port, ERR_NONE, "");
}

static void expect_not(const char *words)
{
	expect("http://www.example.com" FILE_SERVER_PATH, files.http_port, ERR_UNAVAILABLE, words);
	expect("https://www.example.com" FILE_SERVER_PATH, files.https_port, ERR_UNAVAILABLE,
		words);
}

static void test_found(void **state)
{
	static const char *const texts[] = { FIRST "\n" SECOND "\n", FIRST "\n" SECOND,
		FIRST "\r\n" SECOND "\r\n\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		file_server_put(&files, texts[i]);
		expect_found();
	}
}

static void test_other_content(void **state)
{
	AUTO(buf) struct buf large = BUF(8192);

	(void)state;
	file_server_put(&files, "<!DOCTYPE html>\n<html>\n");
	expect_not("the first line is '<!DOCTYPE html>'");
	file_server_put(&files, FIRST "\ncomodoca.com\n");
	expect_not("the second line is 'comodoca.com'");
	file_server_put(&files, "");
	expect_not("the first line is missing");
	buf_add_str(&large, FIRST "\n" SECOND "\n");
	while (large.len <= 4096)
		buf_add_str(&large, "\n");
	file_server_put(&files, buf_str(&large));
	expect_not("a file of more than 4096 bytes");
}

static void test_other_place(void **state)
{
	(void)state;
	file_server_put(&files, FIRST "\n" SECOND "\n");
	expect("http://www.example.com/.well-known/nothing.txt", files.http_port, ERR_UNAVAILABLE,
		"HTTP 404");
	/* a name that this server does not serve */
	expect("http://example.org" FILE_SERVER_PATH, files.http_port, ERR_UNAVAILABLE, "HTTP 404");
	expect("http://www.example.com/moved", files.http_port, ERR_UNAVAILABLE,
		"HTTP 302: redirects to 'http://www.example.com/.well-known");
	/* TLS where there is none, and the other way round */
	expect("https://www.example.com" FILE_SERVER_PATH, files.http_port, ERR_UNAVAILABLE,
		"https://www.");
	expect("http://www.example.com" FILE_SERVER_PATH, files.https_port, ERR_UNAVAILABLE,
		"HTTP 400");
	expect("http://no-such-name.invalid" FILE_SERVER_PATH, 0, ERR_UNAVAILABLE,
		"no-such-name.invalid");
}

/* Without `connect`, the URL's own host and port. */
static void test_straight(void **state)
{
	char url[256];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u" FILE_SERVER_PATH, files.http_port);
	expect(url, 0, ERR_UNAVAILABLE, "HTTP 404");
	snprintf(url, sizeof(url), "https://127.0.0.1:%u" FILE_SERVER_PATH, files.https_port);
	file_server_put(&files, FIRST "\n" SECOND "\n");
	expect(url, 0, ERR_NONE, "");
}

/* ---- servers that do something else ---------------------------------------------------------- */

static void expect_of_bad(const struct bad_server_spec *spec, const char *words)
{
	struct bad_server_spec whole = *spec;
	struct bad_server server;

	whole.identity = identity;
	whole.read = whole.read ? whole.read : BAD_WHOLE_REQUEST;
	whole.len = whole.answer ? strlen(whole.answer) : 0;
	bad_server_start(&server, &whole);
	expect("https://www.example.com" FILE_SERVER_PATH, server.port, ERR_UNAVAILABLE, words);
	assert_int_equal(server.clients, 0);
	bad_server_stop(&server);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void test_bad_servers(void **state)
{
	static const struct {
		struct bad_server_spec spec;
		const char *words;
	} servers[] = {
		{ { .habit = BAD_HANG_UP }, "https://www.example.com" },
		{ { .habit = BAD_PLAIN }, "https://www.example.com" },
		{ { .answer = "SSH-2.0-OpenSSH\r\n" }, "https://www.example.com" },
		{ { .answer = OK "Content-Length: 500\r\n\r\n" FIRST "\n" SECOND "\n" },
			"https://www.example.com" },
		{ { .answer = OK "\r\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", .endless = true },
			"more than 4096 bytes" },
		{ { .answer = OK "X: yyyyyyyyyyyy\r\n", .endless = true }, "headers of more than" },
		{ { .answer = "HTTP/1.1 301 Moved\r\nLocation: \x1b[2J\r\n\r\n" }, "HTTP 301" },
		{ { .answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\n\r\n" }, "HTTP 401" },
		{ { .answer = "HTTP/1.1 503 No\r\nRetry-After: 5\r\n\r\n" }, "HTTP 503" },
		{ { .answer = OK "\r\n\x1b[2J\n" }, "'\\x1b[2J'" },
		{ { .answer = OK "Content-Encoding: gzip\r\n\r\n" FIRST "\n\x1f\x8b" },
			"the second line is '\\x1f\\x8b'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(servers); i++)
		expect_of_bad(&servers[i].spec, servers[i].words);
}

/* A server that says nothing holds nobody up for long. */
static void test_silent_server(void **state)
{
	static const struct bad_server_spec silent = { .habit = BAD_SILENT };

	(void)state;
	expect_of_bad(&silent, "timeout");
}

/* ---- the conversation ------------------------------------------------------------------------ */

/* What holds a credential looks at nothing, and what looks gets no credential. */
static void test_never_both(void **state)
{
	AUTO(scene_account) struct scene_account account;
	struct wire_request look =
		look_at("http://www.example.com" FILE_SERVER_PATH, files.http_port);

	(void)state;
	scene_account_load(&account, &sim);
	file_server_put(&files, FIRST "\n" SECOND "\n");
	expect_found();
	fetch_send(&fetch, &account.request);
	assert_true(fetch_closed(&fetch));
	assert_int_equal(fetch_stop(&fetch), 0);
	scene_start(&fetch, fetch_program, &sim);
	fetch_send(&fetch, &look);
	assert_true(fetch_closed(&fetch));
}

/* One process without a credential does for both kinds of looks. */
static void test_beside_probes(void **state)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request probe = { .op = WIRE_PROBE,
		.probe = { .connect_host = "127.0.0.1",
			.connect_port = files.https_port,
			.server_name = "www.example.com",
			.timeout_ms = 10000 } };

	(void)state;
	file_server_put(&files, FIRST "\n" SECOND "\n");
	expect_found();
	fetch_ask(&r, &fetch, &probe);
	scene_expect(&r, ERR_NONE, "");
	assert_true(r.r.chain_count > 0);
	expect_found();
}

/* An environment that names proxies and credentials does not count. */
static void test_environment(void **state)
{
	static const char *const env[] = { "http_proxy=http://127.0.0.1:1",
		"https_proxy=http://127.0.0.1:1", "ALL_PROXY=http://127.0.0.1:1", "HOME=/root",
		NULL };

	(void)state;
	assert_int_equal(fetch_stop(&fetch), 0);
	fetch_start(&fetch, fetch_program, env);
	file_server_put(&files, FIRST "\n" SECOND "\n");
	expect_found();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_found),
		TEST(test_other_content),
		TEST(test_other_place),
		TEST(test_straight),
		TEST(test_bad_servers),
		TEST(test_silent_server),
		TEST(test_never_both),
		TEST(test_beside_probes),
		TEST(test_environment),
	};

	if (argc != 3)
		return 2;
	if (!file_server_possible())
		return 77;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
