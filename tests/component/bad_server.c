#include "bad_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <cmocka.h>

#define REQUEST_MAX (256 * 1024)
#define REQUIRED (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)
#define TRIES 100

static SSL_CTX *context_of(const struct bad_server_spec *spec)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	assert_non_null(c);
	/* old versions are shown on purpose */
	SSL_CTX_set_security_level(c, 0);
	assert_true(SSL_CTX_use_certificate_chain_file(c, spec->identity));
	assert_true(SSL_CTX_use_PrivateKey_file(c, spec->identity, SSL_FILETYPE_PEM));
	assert_true(SSL_CTX_set_min_proto_version(c, spec->version ? spec->version : TLS1_VERSION));
	assert_true(SSL_CTX_set_max_proto_version(c, spec->version));
	SSL_CTX_set_options(c, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
	/* sessions whose client was verified need a name of their own */
	assert_true(SSL_CTX_set_session_id_context(c, (const unsigned char *)"bad", 3));
	if (spec->client_ca)
		assert_true(SSL_CTX_load_verify_locations(c, spec->client_ca, NULL));
	if (spec->client_ca && !spec->ask_late)
		SSL_CTX_set_verify(c, REQUIRED, NULL);
	return c;
}

/* Whether the bytes hold a request with the whole body that it announces. */
static bool whole(const char *request, size_t len)
{
	const char *end = memmem(request, len, "\r\n\r\n", 4);
	const char *length = strcasestr(request, "\r\nContent-Length:");
	size_t body = 0;

	if (!end)
		return false;
	if (length && length < end)
		body = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
	return len >= (size_t)(end + 4 - request) + body;
}

static bool take_request(struct bad_server *s, SSL *ssl)
{
	static char request[REQUEST_MAX + 1];
	size_t len = 0;

	while (s->spec.read == BAD_WHOLE_REQUEST ? !whole(request, len) : len < s->spec.read) {
		size_t want =
			s->spec.read == BAD_WHOLE_REQUEST ? REQUEST_MAX - len : s->spec.read - len;
		int n = SSL_read(ssl, request + len, (int)want);

		if (n <= 0)
			return false;
		s->received += (size_t)n;
		len += (size_t)n;
		request[len] = '\0';
	}
	return true;
}

static bool send_piece(struct bad_server *s, SSL *ssl, const char *data, size_t len)
{
	size_t step = s->spec.drip_ms ? 1 : len;

	for (size_t at = 0; at < len; at += step) {
		if (s->ending ||
			SSL_write(ssl, data + at, (int)(len - at < step ? len - at : step)) <= 0)
			return false;
		if (s->spec.drip_ms)
			usleep(s->spec.drip_ms * 1000);
	}
	return true;
}

static void give_answer(struct bad_server *s, SSL *ssl)
{
	const struct bad_server_spec *spec = &s->spec;
	size_t half = spec->len / 2;

	if (spec->len && !send_piece(s, ssl, spec->answer, spec->len))
		return;
	while (spec->endless && send_piece(s, ssl, spec->answer + half, spec->len - half))
		;
}

/* Reads until the other side has closed, so that what was sent is not cut off by a reset. */
static void drain(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte[4096];

	shutdown(fd, SHUT_WR);
	while (poll(&p, 1, 2000) == 1 && recv(fd, byte, sizeof(byte), 0) > 0)
		;
}

/* Asks for a certificate in the middle of the conversation, and waits until it has come. */
static bool ask_for_certificate(SSL *ssl, int fd)
{
	const struct timeval patience = { .tv_usec = 100000 };
	bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
	char byte;

	SSL_set_verify(ssl, REQUIRED, NULL);
	if ((tls13 ? SSL_verify_client_post_handshake(ssl) : SSL_renegotiate(ssl)) != 1 ||
		SSL_do_handshake(ssl) != 1)
		return false;
	/* the client's side of the handshake comes while one reads, and no more of the request */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (int i = 0; i < TRIES && !SSL_get0_peer_certificate(ssl); i++)
		SSL_peek(ssl, &byte, 1);
	return SSL_get0_peer_certificate(ssl);
}

static void serve_tls(struct bad_server *s, int fd)
{
	SSL_CTX *context = context_of(&s->spec);
	SSL *ssl = SSL_new(context);

	assert_true(ssl && SSL_set_fd(ssl, fd));
	if (SSL_accept(ssl) == 1 && take_request(s, ssl) &&
		(!s->spec.ask_late || ask_for_certificate(ssl, fd))) {
		s->clients += SSL_get0_peer_certificate(ssl) != NULL;
		give_answer(s, ssl);
		if (!s->spec.reset)
			SSL_shutdown(ssl);
	}
	if (!s->spec.reset)
		drain(fd);
	SSL_free(ssl);
	SSL_CTX_free(context);
}

/* Some of it may never be read: no signal, no complaint. */
static void serve_http(struct bad_server *s, int fd)
{
	static char request[REQUEST_MAX + 1];
	const struct bad_server_spec *spec = &s->spec;
	size_t half = spec->len / 2;
	size_t len = 0;

	while (!whole(request, len)) {
		ssize_t n = recv(fd, request + len, REQUEST_MAX - len, 0);

		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
	}
	s->received += len;
	if (send(fd, spec->answer, spec->len, MSG_NOSIGNAL) < 0)
		return;
	while (spec->endless && !s->ending &&
		send(fd, spec->answer + half, spec->len - half, MSG_NOSIGNAL) > 0)
		;
	drain(fd);
}

static void serve(struct bad_server *s, int fd)
{
	const struct linger hard = { .l_onoff = 1 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	switch (s->spec.habit) {
	case BAD_ANSWER:
		serve_tls(s, fd);
		break;
	case BAD_PLAIN:
		(void)!write(fd, "220 mail.example.com ESMTP\r\n", 28);
		drain(fd);
		break;
	case BAD_HTTP:
		serve_http(s, fd);
		break;
	case BAD_SILENT:
		while (!s->ending && (poll(&p, 1, 100) == 0 || recv(fd, &byte, 1, 0) > 0))
			;
		break;
	case BAD_HANG_UP:
		break;
	}
	if (s->spec.reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void *run(void *context)
{
	struct bad_server *s = context;

	for (;;) {
		int fd = accept(s->listener, NULL, NULL);

		if (fd < 0)
			return NULL;
		s->connections++;
		serve(s, fd);
	}
}

void bad_server_start(struct bad_server *s, const struct bad_server_spec *spec)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);

	*s = (struct bad_server) { .spec = *spec };
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->listener >= 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->listener, 64), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
	s->port = ntohs(at.sin_port);
	snprintf(s->url, sizeof(s->url), "https://localhost:%u", s->port);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

void bad_server_stop(struct bad_server *s)
{
	s->ending = true;
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
}
