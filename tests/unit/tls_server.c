#include "tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void must(bool done)
{
	if (!done)
		abort();
}

static SSL_CTX *context(const struct tls_server_spec *spec)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx != NULL);
	SSL_CTX_set_security_level(ctx, 0);
	must(SSL_CTX_set_max_proto_version(ctx, spec->max_version) == 1);
	must(!spec->ciphers || SSL_CTX_set_cipher_list(ctx, spec->ciphers) == 1);
	must(SSL_CTX_use_certificate(ctx, spec->chain[0]) == 1);
	must(SSL_CTX_use_PrivateKey(ctx, spec->key) == 1);
	for (size_t i = 1; i < spec->chain_len; i++)
		must(SSL_CTX_add1_chain_cert(ctx, spec->chain[i]) == 1);
	if (spec->wants_client_cert)
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

/* Until the client has gone. */
static void read_to_end(int fd)
{
	char rest[1024];

	while (read(fd, rest, sizeof(rest)) > 0)
		;
}

static void serve_tls(struct tls_server *s, int fd)
{
	SSL_CTX *ctx = context(&s->spec);
	SSL *ssl = SSL_new(ctx);
	const char *name;

	must(ssl && SSL_set_fd(ssl, fd) == 1);
	SSL_accept(ssl);
	name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(s->server_name, sizeof(s->server_name), "%s", name ? name : "");
	read_to_end(fd);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void drip(int fd)
{
	static const unsigned char record[] = { 0x16, 0x03, 0x03, 0x40, 0x00, 0x02, 0x00, 0x3f,
		0xfc };
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	send(fd, record, sizeof(record), MSG_NOSIGNAL);
	while (!poll(&p, 1, 10) && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
}

static void serve(struct tls_server *s, int fd)
{
	const struct linger reset = { .l_onoff = 1 };

	switch (s->spec.habit) {
	case TLS_SERVER_WELL:
		serve_tls(s, fd);
		break;
	case TLS_SERVER_PLAIN:
		send(fd, "220 ready\r\n", 11, MSG_NOSIGNAL);
		break;
	case TLS_SERVER_SILENT:
		read_to_end(fd);
		break;
	case TLS_SERVER_DRIP:
		drip(fd);
		break;
	case TLS_SERVER_CLOSE:
		shutdown(fd, SHUT_WR);
		read_to_end(fd);
		break;
	case TLS_SERVER_RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		break;
	}
}

static void *run(void *server)
{
	struct tls_server *s = server;
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return NULL;
	serve(s, fd);
	close(fd);
	return NULL;
}

static bool listen_on_loopback(struct tls_server *s)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *address = s->spec.ipv6 ? (void *)&six : (void *)&four;
	socklen_t size = s->spec.ipv6 ? sizeof(six) : sizeof(four);

	s->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listener < 0)
		return false;
	if (bind(s->listener, address, size) || listen(s->listener, 1) ||
		getsockname(s->listener, address, &size)) {
		close(s->listener);
		return false;
	}
	s->port = ntohs(s->spec.ipv6 ? six.sin6_port : four.sin_port);
	return true;
}

bool tls_server_start(struct tls_server *s, const struct tls_server_spec *spec)
{
	int rc;

	*s = (struct tls_server) { .spec = *spec };
	if (!listen_on_loopback(s)) {
		must(spec->ipv6);
		return false;
	}
	/* a client that hangs up is part of the game */
	signal(SIGPIPE, SIG_IGN);
	rc = pthread_create(&s->thread, NULL, run, s);
	must(rc == 0);
	return true;
}

void tls_server_stop(struct tls_server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
}
