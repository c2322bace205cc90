/* WIRE_PROBE: the chain that a server shows, through the whole program. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_server.h"
#include "base/ossl.h"
#include "fetch_scene.h"

static const char *sim_program;
static const char *fetch_program;
static struct sim sim;
static struct fetch fetch;

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sim_start(&sim, sim_program, NULL);
	fetch_start(&fetch, fetch_program, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(fetch_stop(&fetch), 0);
	sim_stop(&sim);
	return 0;
}

static void probe(struct reply *r, const char *host, unsigned port)
{
	struct wire_request request = { .op = WIRE_PROBE,
		.probe = { .connect_host = host,
			.connect_port = port,
			.server_name = "localhost",
			.timeout_ms = 10000 } };

	fetch_ask(r, &fetch, &request);
}

/* The certificate that the simulator serves, from its own files. */
static X509 *served(void)
{
	AUTO(buf) struct buf pem = { 0 };
	AUTO(bio) BIO *in = NULL;
	X509 *cert;

	sim_read(&pem, &sim, "ca/server.pem");
	in = BIO_new_mem_buf(pem.data, (int)pem.len);
	cert = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	assert_non_null(cert);
	return cert;
}

static void test_chain_as_served(void **state)
{
	static const char *const hosts[] = { "localhost", "127.0.0.1" };
	AUTO(x509) X509 *expected = served();
	char identity[96];
	struct bad_server_spec spec = { .identity = identity };
	struct bad_server server;

	(void)state;
	snprintf(identity, sizeof(identity), "%s/ca/server.pem", sim.dir);
	bad_server_start(&server, &spec);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		AUTO(reply) struct reply r = { 0 };
		AUTO(x509) X509 *leaf = NULL;
		const unsigned char *at;

		probe(&r, hosts[i], server.port);
		scene_expect(&r, ERR_NONE, "");
		assert_int_equal(r.r.chain_count, 1);
		at = r.r.chain[0].data;
		leaf = d2i_X509(NULL, &at, (long)r.r.chain[0].len);
		assert_non_null(leaf);
		assert_int_equal(X509_cmp(leaf, expected), 0);
	}
	bad_server_stop(&server);
}

static void test_failures_are_answers(void **state)
{
	AUTO(reply) struct reply plain = { 0 };
	AUTO(reply) struct reply closed = { 0 };
	AUTO(reply) struct reply name = { 0 };
	AUTO(reply) struct reply again = { 0 };
	struct bad_server server;

	(void)state;
	bad_server_start(&server, &(struct bad_server_spec) { .habit = BAD_PLAIN });
	probe(&plain, "127.0.0.1", server.port);
	bad_server_stop(&server);
	assert_int_not_equal(plain.r.err.kind, ERR_NONE);
	probe(&closed, "127.0.0.1", server.port);
	scene_expect(&closed, ERR_UNAVAILABLE, "");
	probe(&name, "server.invalid", 443);
	scene_expect(&name, ERR_UNAVAILABLE, "");
	probe(&again, "127.0.0.1", sim.port);
	scene_expect(&again, ERR_NONE, "");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain_as_served),
		cmocka_unit_test(test_failures_are_answers),
	};

	if (argc != 3)
		return 2;
	sim_program = argv[1];
	fetch_program = argv[2];
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
