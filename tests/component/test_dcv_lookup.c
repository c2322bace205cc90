/*
 * The zone and its server are dcv-lookup.sh's, which runs this in a network of its own with the
 * address of the server that speaks IPv6, or "none".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "dcv/lookup.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define SERVER "127.0.0.1:5300"
#define LONGEST_MS 15000

static const char *ipv6;

static const struct dcv_challenge cname = { .type = DCV_CNAME,
	.domain = "example.com",
	.host = "_" HEX32 ".example.com.",
	.point = "a1.b2.sectigo.com." };
static const struct dcv_challenge txt = { .type = DCV_TXT,
	.domain = "example.com",
	.host = "_pki-validation.example.com.",
	.point = "Text-1" };

static bool look(const struct dcv_challenge *c, const char *server)
{
	struct err err = { 0 };
	bool found = false;

	if (!dcv_lookup(&found, c, server, &err))
		fail_msg("%s", err.text);
	return found;
}

static void test_cname(void **state)
{
	struct dcv_challenge c = cname;

	(void)state;
	assert_true(look(&c, SERVER));
	c.host = "_" HEX32 ".EXAMPLE.com";
	c.point = "A1.b2.SECTIGO.com";
	assert_true(look(&c, SERVER));
	c.point = "a1.b2.sectigo.org.";
	assert_false(look(&c, SERVER));
}

static void test_txt(void **state)
{
	struct dcv_challenge c = txt;

	(void)state;
	assert_true(look(&c, SERVER));
	c.point = "text-1";
	assert_false(look(&c, SERVER));
	c.point = "Tex";
	assert_false(look(&c, SERVER));
	c.point = "v=other";
	assert_true(look(&c, SERVER));
}

static void test_txt_behind_cname(void **state)
{
	struct dcv_challenge c = txt;

	(void)state;
	c.domain = "led.example.com";
	c.host = "_pki-validation.led.example.com.";
	assert_true(look(&c, SERVER));
}

/* The answer is cut, and asked for again over TCP. */
static void test_large(void **state)
{
	char text[256];
	struct dcv_challenge c = { .type = DCV_TXT,
		.domain = "large.example.com",
		.host = "_pki-validation.large.example.com.",
		.point = text };

	(void)state;
	for (int i = 1; i <= 30; i++) {
		snprintf(text, sizeof(text), "%d.%0200d", i, 0);
		assert_true(look(&c, SERVER));
	}
	snprintf(text, sizeof(text), "31.%0200d", 0);
	assert_false(look(&c, SERVER));
}

static void test_absent(void **state)
{
	struct dcv_challenge c = cname;

	(void)state;
	c.host = "_" HEX32 "1.example.com."; /* no such name */
	assert_false(look(&c, SERVER));
	c.host = "_" HEX32 "0.example.com."; /* no such record */
	assert_false(look(&c, SERVER));
}

static void test_system_resolver(void **state)
{
	(void)state;
	assert_true(look(&cname, NULL));
	assert_true(look(&txt, NULL));
}

static void test_ipv6(void **state)
{
	(void)state;
	if (!strcmp(ipv6, "none"))
		skip();
	assert_true(look(&cname, "::1"));
	assert_true(look(&cname, "[::1]"));
	assert_true(look(&cname, "[::1]:5300"));
}

static void test_default_port(void **state)
{
	(void)state;
	assert_true(look(&cname, "127.0.0.1"));
}

static void assert_fails(
	const struct dcv_challenge *c, const char *server, enum err_kind kind, const char *why)
{
	struct err err = { 0 };
	bool found = true;

	assert_false(dcv_lookup(&found, c, server, &err));
	if (err.kind != kind || !strstr(err.text, why))
		fail_msg("%s: kind %d, \"%s\"", server, err.kind, err.text);
	assert_true(found);
}

/* The server is not responsible for it, and refuses. */
static void test_refused(void **state)
{
	struct dcv_challenge c = cname;

	(void)state;
	c.domain = "example.org";
	c.host = "_" HEX32 ".example.org.";
	assert_fails(&c, SERVER, ERR_UNAVAILABLE, "look up CNAME of _" HEX32 ".example.org. at ");
}

static void test_nobody_there(void **state)
{
	(void)state;
	assert_fails(&cname, "127.0.0.1:5301", ERR_UNAVAILABLE, "127.0.0.1:5301");
}

/* Somebody is there, and never answers: it ends all the same. */
static void test_silent(void **state)
{
	AUTO(fd) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(5302),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int64_t begin = clock_ms();

	(void)state;
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_fails(&cname, "127.0.0.1:5302", ERR_UNAVAILABLE, "127.0.0.1:5302");
	/* the machine may be slow; what is meant is that it does not wait for ever */
	assert_true(clock_ms() - begin < 4 * LONGEST_MS);
}

static void test_bad_server(void **state)
{
	static const char *const bad[] = { "", "localhost", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:53x", "127.0.0.1#53", "127.0.0", "[127.0.0.1]:53",
		"[::1", "[::1]53", "[::1]:", "::1:65536:", ":53", "[]:53", "fe80::1%lo",
		"127.0.0.1 ", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_fails(&cname, bad[i], ERR_CONFIG, "is not ADDRESS[:PORT]");
	/* a state of the resolver that was never set up has no descriptor to close */
	assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
}

static void test_bad_challenge(void **state)
{
	struct dcv_challenge c = cname;

	(void)state;
	c.host = "www.example.com.";
	assert_fails(&c, SERVER, ERR_PROTOCOL, "www.example.com.");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cname),
		cmocka_unit_test(test_txt),
		cmocka_unit_test(test_txt_behind_cname),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_system_resolver),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_default_port),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_bad_server),
		cmocka_unit_test(test_bad_challenge),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s none|ADDRESS (dcv-lookup.sh runs it)\n", argv[0]);
		return 2;
	}
	ipv6 = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
