#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ca_fixture.h"
#include "deploy-hooks/probe.h"
#include "tls_server.h"

#define PLENTY_MS 60000
#define CHAIN_LEN 3

/* Leaf, intermediate, root; EC, but for an RSA leaf beside it. */
static EVP_PKEY *key;
static EVP_PKEY *rsa_key;
static X509 *chain[CHAIN_LEN];
static X509 *rsa_leaf;

static int make_chain(void **state)
{
	struct ca_spec leaf;
	struct ca_spec ca;

	(void)state;
	key = ca_ec_key("P-256");
	rsa_key = ca_rsa_key(2048, 65537);
	ca = ca_issuer_spec("root", key);
	chain[2] = ca_issue(&ca, NULL, key);
	ca.common_name = "intermediate";
	chain[1] = ca_issue(&ca, chain[2], key);
	leaf = ca_leaf_spec("www.example.com", key, "DNS:www.example.com");
	chain[0] = ca_issue(&leaf, chain[1], key);
	leaf.key = rsa_key;
	rsa_leaf = ca_issue(&leaf, chain[1], key);
	return 0;
}

static int free_chain(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHAIN_LEN; i++)
		X509_free(chain[i]);
	X509_free(rsa_leaf);
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa_key);
	return 0;
}

static struct tls_server_spec spec_of(enum tls_server_habit habit)
{
	return (struct tls_server_spec) {
		.habit = habit, .key = key, .chain = chain, .chain_len = CHAIN_LEN
	};
}

static struct probe_target target_of(const struct tls_server *s)
{
	return (struct probe_target) { .host = s->spec.ipv6 ? "::1" : "127.0.0.1",
		.port = s->port,
		.server_name = "www.example.com",
		.timeout_ms = PLENTY_MS };
}

static void assert_cert(const struct probe_chain *seen, size_t i, X509 *cert)
{
	AUTO(buf) struct buf der = BUF(65536);

	ca_der(&der, cert);
	assert_int_equal(seen->cert[i].len, der.len);
	assert_memory_equal(seen->cert[i].der, der.data, der.len);
}

/* One server, one probe: the chain comes as it was sent. */
static void assert_served(const struct tls_server_spec *spec, const char *host,
	const char *server_name, const char *asked_for)
{
	AUTO(probe_chain) struct probe_chain seen = { 0 };
	struct probe_target target;
	struct tls_server s;
	struct err err = { 0 };
	bool done;

	assert_true(tls_server_start(&s, spec));
	target = target_of(&s);
	if (host)
		target.host = host;
	target.server_name = server_name;
	done = probe_chain_fetch(&seen, &target, &err);
	tls_server_stop(&s);
	if (!done)
		fail_msg("%s", err.text);
	assert_string_equal(s.server_name, asked_for);
	assert_int_equal(seen.n, spec->chain_len);
	for (size_t i = 0; i < seen.n; i++)
		assert_cert(&seen, i, spec->chain[i]);
}

static void assert_fails(const struct tls_server_spec *spec, uint32_t timeout_ms,
	enum err_kind kind, const char *why)
{
	struct probe_chain seen = { 0 };
	struct probe_target target;
	struct tls_server s;
	struct err err = { 0 };
	char where[64];
	bool done;

	assert_true(tls_server_start(&s, spec));
	target = target_of(&s);
	target.timeout_ms = timeout_ms;
	done = probe_chain_fetch(&seen, &target, &err);
	tls_server_stop(&s);
	assert_false(done);
	assert_int_equal(seen.n, 0);
	snprintf(where, sizeof(where), "127.0.0.1 port %u: ", s.port);
	assert_memory_equal(err.text, where, strlen(where));
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
	assert_int_equal(err.kind, kind);
}

static void test_versions(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);

	(void)state;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
	spec.max_version = TLS1_2_VERSION;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
	spec.max_version = TLS1_1_VERSION;
	assert_fails(&spec, PLENTY_MS, ERR_PROTOCOL, "TLS 1.2 or later");
}

/* A leaf alone, and a chain in the wrong order: told as it is. */
static void test_chain_as_sent(void **state)
{
	X509 *const muddled[] = { chain[0], chain[2], chain[1], chain[1] };
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);

	(void)state;
	spec.chain_len = 1;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
	spec.chain = muddled;
	spec.chain_len = ARRAY_LEN(muddled);
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
}

static void test_no_server_name_for_address(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);

	(void)state;
	assert_served(&spec, NULL, "127.0.0.1", "");
	assert_served(&spec, NULL, "2001:db8::1", "");
}

/* The name has two addresses as a rule; the server listens on one of them. */
static void test_each_address_is_tried(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);

	(void)state;
	assert_served(&spec, "localhost", "www.example.com", "www.example.com");
}

static void test_ipv6(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);
	struct tls_server s;

	(void)state;
	spec.ipv6 = true;
	if (!tls_server_start(&s, &spec))
		skip();
	tls_server_stop(&s);
	assert_served(&spec, "::1", "www.example.com", "www.example.com");
}

/* A server that insists on a client certificate has shown enough, if it has used its key. */
static void test_client_certificate_wanted(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);

	(void)state;
	spec.wants_client_cert = true;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
	spec.max_version = TLS1_2_VERSION;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
	spec.key = rsa_key;
	spec.chain = &rsa_leaf;
	spec.chain_len = 1;
	spec.ciphers = "kRSA+AESGCM";
	assert_fails(&spec, PLENTY_MS, ERR_PROTOCOL, "TLS handshake");
	spec.wants_client_cert = false;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
}

static void test_too_many_certificates(void **state)
{
	X509 *many[PROBE_CERTS_MAX + 1];
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = i ? chain[1] : chain[0];
	spec.chain = many;
	spec.chain_len = PROBE_CERTS_MAX;
	assert_served(&spec, NULL, "www.example.com", "www.example.com");
	spec.chain_len = PROBE_CERTS_MAX + 1;
	assert_fails(&spec, PLENTY_MS, ERR_PROTOCOL, "sent 11 certificates");
}

/* A certificate policy nobody knows, of 33 KiB. */
static void fatten(X509 *cert)
{
	static unsigned char octets[33 * 1024];

	ca_add_raw_extension(cert, NID_netscape_comment, 0, octets, sizeof(octets));
}

static void test_too_long_certificate(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_WELL);
	struct ca_spec fat = ca_leaf_spec("www.example.com", key, NULL);
	AUTO(x509) X509 *leaf = NULL;

	(void)state;
	fat.change = fatten;
	leaf = ca_issue(&fat, chain[1], key);
	spec.chain = &leaf;
	spec.chain_len = 1;
	assert_fails(&spec, PLENTY_MS, ERR_PROTOCOL, "longer than 32768 bytes");
}

static void test_no_tls(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_PLAIN);

	(void)state;
	assert_fails(&spec, PLENTY_MS, ERR_PROTOCOL, "does this port speak TLS");
	spec.habit = TLS_SERVER_CLOSE;
	assert_fails(&spec, PLENTY_MS, ERR_UNAVAILABLE, "does this port speak TLS");
	spec.habit = TLS_SERVER_RESET;
	assert_fails(&spec, PLENTY_MS, ERR_UNAVAILABLE, "Connection reset");
}

static void test_time_limit(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_SILENT);

	(void)state;
	assert_fails(&spec, 300, ERR_UNAVAILABLE, "TLS handshake: no answer in time");
	spec.habit = TLS_SERVER_DRIP;
	assert_fails(&spec, 300, ERR_UNAVAILABLE, "TLS handshake: no answer in time");
}

static unsigned port_of(int fd)
{
	struct sockaddr_in a = { 0 };
	socklen_t size = sizeof(a);

	assert_return_code(getsockname(fd, (struct sockaddr *)&a, &size), errno);
	return ntohs(a.sin_port);
}

static int bound_socket(void)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_return_code(bind(fd, (const struct sockaddr *)&a, sizeof(a)), errno);
	return fd;
}

/* Bound but not listening: the port is ours, and nobody is there. */
static void test_refused(void **state)
{
	struct probe_chain seen = { 0 };
	int fd = bound_socket();
	const struct probe_target target = { "127.0.0.1", port_of(fd), "x", PLENTY_MS,
		STARTTLS_NONE };
	struct err err = { 0 };

	(void)state;
	assert_false(probe_chain_fetch(&seen, &target, &err));
	close(fd);
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "connect: Connection refused"));
}

/* A full backlog: Linux then drops the first packet, as a firewall does. */
static void test_no_answer_to_connect(void **state)
{
	struct probe_chain seen = { 0 };
	int listener = bound_socket();
	const struct probe_target target = { "127.0.0.1", port_of(listener), "x", 300,
		STARTTLS_NONE };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)target.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int clients[4];
	struct err err = { 0 };

	(void)state;
	assert_return_code(listen(listener, 0), errno);
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(clients[i], (struct sockaddr *)&to, sizeof(to));
	}
	assert_false(probe_chain_fetch(&seen, &target, &err));
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "connect: no answer in time"));
	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		close(clients[i]);
	close(listener);
}

static void test_no_such_name(void **state)
{
	const struct probe_target target = { "a..b", 443, "a..b", PLENTY_MS, STARTTLS_NONE };
	struct probe_chain seen = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_false(probe_chain_fetch(&seen, &target, &err));
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "look up \"a..b\": "));
}

/* A peer that hangs up does not end the program, and SIGPIPE is afterwards what it was. */
static void test_sigpipe_is_left_alone(void **state)
{
	struct tls_server_spec spec = spec_of(TLS_SERVER_PLAIN);
	struct probe_chain seen = { 0 };
	struct probe_target target;
	struct sigaction after;
	struct tls_server s;
	struct err err = { 0 };

	(void)state;
	assert_true(tls_server_start(&s, &spec));
	target = target_of(&s);
	signal(SIGPIPE, SIG_DFL);
	assert_false(probe_chain_fetch(&seen, &target, &err));
	assert_return_code(sigaction(SIGPIPE, NULL, &after), errno);
	assert_true(after.sa_handler == SIG_DFL);
	tls_server_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_chain_as_sent),
		cmocka_unit_test(test_no_server_name_for_address),
		cmocka_unit_test(test_each_address_is_tried),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_client_certificate_wanted),
		cmocka_unit_test(test_too_many_certificates),
		cmocka_unit_test(test_too_long_certificate),
		cmocka_unit_test(test_no_tls),
		cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_answer_to_connect),
		cmocka_unit_test(test_no_such_name),
		cmocka_unit_test(test_sigpipe_is_left_alone),
	};

	return cmocka_run_group_tests(tests, make_chain, free_chain);
}
