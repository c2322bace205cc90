/*
 * WIRE_PUBLISHED through the whole program: the file of a validation on a real nginx, over HTTP and
 * HTTPS, and servers that do something else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unit/tempdir.h"
#include "bad_server.h"
#include "base/clock.h"
#include "fetch_scene.h"

#define NGINX "/usr/sbin/nginx"
#define START_MS 20000
#define TRIES 5
#define FIRST "c4d3f1b04d27b9bb07c4d3f1b04d27b9bb07c4d3f1b04d27b9bb07c4d3f1b04d"
#define SECOND "sectigo.com"
#define FILE_PATH "/.well-known/pki-validation/0A1B2C3D4E5F60718293A4B5C6D7E8F9.txt"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim; /* for an account, and a certificate that nobody trusts */
static struct tempdir *dir;
static struct fetch fetch;
static unsigned http_port;
static unsigned https_port;
static pid_t nginx;

/* ---- nginx ----------------------------------------------------------------------------------- */

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(bind(fd, (struct sockaddr *)&a, size), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&a, &size), errno);
	return ntohs(a.sin_port);
}

static void put(const char *name, const char *text)
{
	struct err err = { 0 };

	if (!fs_write(dir->fd, name, text, strlen(text), FS_ATTR(0644), &err))
		fail_msg("%s", err.text);
}

/* Two names, one of which has no files: so the Host header counts. */
static void configure(void)
{
	AUTO(buf) struct buf conf = BUF(8192);

	http_port = free_port();
	https_port = free_port();
	buf_addf(&conf,
		"daemon off; master_process off; pid %s/pid; error_log %s/log; events {}\n"
		"http {\n"
		"access_log off; default_type text/plain;\n"
		"client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3;\n"
		"uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
		"server { listen 127.0.0.1:%u default_server; return 404; }\n"
		"server { listen 127.0.0.1:%u; server_name www.example.com; root %s;\n"
		"  location " FILE_PATH " { alias %s/file.txt; }\n"
		"  location /moved { return 302 http://www.example.com" FILE_PATH "; }\n"
		"}\n"
		"server { listen 127.0.0.1:%u ssl; server_name www.example.com;\n"
		"  ssl_certificate %s/ca/server.pem; ssl_certificate_key %s/ca/server.pem;\n"
		"  location " FILE_PATH " { alias %s/file.txt; }\n"
		"}\n}\n",
		dir->path, dir->path, dir->path, dir->path, dir->path, dir->path, dir->path,
		http_port, http_port, dir->path, dir->path, https_port, sim.dir, sim.dir,
		dir->path);
	assert_true(buf_ok(&conf));
	put("nginx.conf", buf_str(&conf));
}

static void run_nginx(void)
{
	char conf[128];

	tempdir_path(conf, dir, "nginx.conf");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
		_exit(126);
	execl(NGINX, "nginx", "-e", "stderr", "-p", dir->path, "-c", conf, (char *)NULL);
	_exit(127);
}

static bool listens(unsigned port)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0;
}

/* False when it ended by itself, as when somebody else took a port meanwhile. */
static bool start_nginx(void)
{
	int64_t until = clock_ms() + START_MS;

	configure();
	nginx = fork();
	assert_return_code(nginx, errno);
	if (!nginx)
		run_nginx();
	while (!listens(http_port) || !listens(https_port)) {
		if (waitpid(nginx, NULL, WNOHANG) == nginx)
			return false;
		assert_true(clock_ms() < until);
		usleep(10000);
	}
	return waitpid(nginx, NULL, WNOHANG) == 0;
}

static int set_up(void **state)
{
	void *made = NULL;
	int tries = 0;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	assert_int_equal(tempdir_setup(&made), 0);
	dir = made;
	while (!start_nginx())
		assert_true(++tries < TRIES);
	return 0;
}

static int tear_down(void **state)
{
	void *made = dir;

	(void)state;
	kill(nginx, SIGKILL);
	waitpid(nginx, NULL, 0);
	sim_stop(&sim);
	return tempdir_teardown(&made);
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
	expect("http://www.example.com" FILE_PATH, http_port, ERR_NONE, "");
	expect("https://www.example.com" FILE_PATH, https_port, ERR_NONE, "");
}

static void expect_not(const char *words)
{
	expect("http://www.example.com" FILE_PATH, http_port, ERR_UNAVAILABLE, words);
	expect("https://www.example.com" FILE_PATH, https_port, ERR_UNAVAILABLE, words);
}

static void test_found(void **state)
{
	static const char *const files[] = { FIRST "\n" SECOND "\n", FIRST "\n" SECOND,
		FIRST "\r\n" SECOND "\r\n\r\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		put("file.txt", files[i]);
		expect_found();
	}
}

static void test_other_content(void **state)
{
	AUTO(buf) struct buf large = BUF(8192);

	(void)state;
	put("file.txt", "<!DOCTYPE html>\n<html>\n");
	expect_not("the first line is '<!DOCTYPE html>'");
	put("file.txt", FIRST "\ncomodoca.com\n");
	expect_not("the second line is 'comodoca.com'");
	put("file.txt", "");
	expect_not("the first line is missing");
	buf_add_str(&large, FIRST "\n" SECOND "\n");
	while (large.len <= 4096)
		buf_add_str(&large, "\n");
	put("file.txt", buf_str(&large));
	expect_not("a file of more than 4096 bytes");
}

static void test_other_place(void **state)
{
	(void)state;
	put("file.txt", FIRST "\n" SECOND "\n");
	expect("http://www.example.com/.well-known/nothing.txt", http_port, ERR_UNAVAILABLE,
		"HTTP 404");
	/* a name that this server does not serve */
	expect("http://example.org" FILE_PATH, http_port, ERR_UNAVAILABLE, "HTTP 404");
	expect("http://www.example.com/moved", http_port, ERR_UNAVAILABLE,
		"HTTP 302: redirects to 'http://www.example.com/.well-known");
	/* TLS where there is none, and the other way round */
	expect("https://www.example.com" FILE_PATH, http_port, ERR_UNAVAILABLE, "https://www.");
	expect("http://www.example.com" FILE_PATH, https_port, ERR_UNAVAILABLE, "HTTP 400");
	expect("http://no-such-name.invalid" FILE_PATH, 0, ERR_UNAVAILABLE, "no-such-name.invalid");
}

/* Without `connect`, the URL's own host and port. */
static void test_straight(void **state)
{
	char url[256];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u" FILE_PATH, http_port);
	expect(url, 0, ERR_UNAVAILABLE, "HTTP 404");
	snprintf(url, sizeof(url), "https://127.0.0.1:%u" FILE_PATH, https_port);
	put("file.txt", FIRST "\n" SECOND "\n");
	expect(url, 0, ERR_NONE, "");
}

/* ---- servers that do something else ---------------------------------------------------------- */

static void expect_of_bad(const struct bad_server_spec *spec, const char *words)
{
	char identity[96];
	struct bad_server_spec whole = *spec;
	struct bad_server server;

	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
	whole.identity = identity;
	whole.read = whole.read ? whole.read : BAD_WHOLE_REQUEST;
	whole.len = whole.answer ? strlen(whole.answer) : 0;
	bad_server_start(&server, &whole);
	expect("https://www.example.com" FILE_PATH, server.port, ERR_UNAVAILABLE, words);
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
	struct wire_request look = look_at("http://www.example.com" FILE_PATH, http_port);

	(void)state;
	scene_account_load(&account, &sim);
	put("file.txt", FIRST "\n" SECOND "\n");
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
			.connect_port = https_port,
			.server_name = "www.example.com",
			.timeout_ms = 10000 } };

	(void)state;
	put("file.txt", FIRST "\n" SECOND "\n");
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
	put("file.txt", FIRST "\n" SECOND "\n");
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
	if (access(NGINX, X_OK))
		return 77;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
