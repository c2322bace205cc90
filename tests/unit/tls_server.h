/*
 * A TLS server for one connection, on a free port of the loopback, with a thread of its own: for
 * tests of clients. It serves well or badly, as told; failures of its own end the test program.
 */
#ifndef TESTS_UNIT_TLS_SERVER_H
#define TESTS_UNIT_TLS_SERVER_H

#include <pthread.h>
#include <stdbool.h>

#include <openssl/ssl.h>

enum tls_server_habit {
	TLS_SERVER_WELL,
	TLS_SERVER_PLAIN,  /* greets in plain text and hangs up */
	TLS_SERVER_SILENT, /* takes the connection and says nothing */
	TLS_SERVER_DRIP,   /* a TLS record that never ends, byte by byte */
	TLS_SERVER_CLOSE,
	TLS_SERVER_RESET,
};

struct tls_server_spec {
	enum tls_server_habit habit;
	EVP_PKEY *key;	    /* borrowed, as are the certificates */
	X509 *const *chain; /* the leaf, then others in the order in which they are sent */
	size_t chain_len;
	int max_version; /* 0: the library's */
	bool wants_client_cert;
	const char *ciphers; /* of TLS 1.2; NULL: the library's */
	bool ipv6;
};

struct tls_server {
	struct tls_server_spec spec;
	unsigned port;
	char server_name[256]; /* that the client asked for, once stopped; "" for none */
	int listener;
	pthread_t thread;
};

/* False when the loopback has no IPv6. */
bool tls_server_start(struct tls_server *s, const struct tls_server_spec *spec);

/* Waits until the connection has ended, or ends a server that none has come to. */
void tls_server_stop(struct tls_server *s);

#endif
