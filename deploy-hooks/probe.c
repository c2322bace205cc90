#include "deploy-hooks/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/ossl.h"
#include "deploy-hooks/dial.h"
#include "deploy-hooks/upgrade.h"

AUTO_DEFINE(ssl_ctx, SSL_CTX *, SSL_CTX_free);
AUTO_DEFINE(ssl, SSL *, SSL_free);

void probe_chain_dispose(struct probe_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		OPENSSL_free(c->cert[i].der);
	*c = (struct probe_chain) { 0 };
}

/* OpenSSL writes without MSG_NOSIGNAL: a peer that hangs up must not end the program. */
static void restore_sigpipe(struct sigaction *before)
{
	sigaction(SIGPIPE, before, NULL);
}
AUTO_DEFINE_REF(sigpipe, struct sigaction, restore_sigpipe);

static void ignore_sigpipe(struct sigaction *before)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGPIPE, &ignore, before);
}

/*
 * Called when the server wants a client certificate, in TLS 1.2 after its key has signed. We have
 * none; app data that is not NULL remembers that it was asked.
 */
static int asked_for_client_cert(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	(void)cert;
	(void)key;
	SSL_set_app_data(ssl, ssl);
	return 0;
}

/* Any key size and any chain will do: what counts is which certificates are served. */
static SSL_CTX *new_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_max_cert_list(ctx, PROBE_CERTS_MAX * PROBE_CERT_BYTES_MAX);
	SSL_CTX_set_client_cert_cb(ctx, asked_for_client_cert);
	return ctx;
}

/* What a failed SSL_connect() means: a broken connection may pass, another protocol won't. */
static bool not_tls(const SSL *ssl, int rc, struct err *err)
{
	static const char doubt[] = "TLS handshake (does this port speak TLS 1.2 or later?)";
	int number = errno;
	bool broken = SSL_get_error(ssl, rc) == SSL_ERROR_SYSCALL && !ERR_peek_error();

	if (broken && number) {
		errno = number;
		return err_errno(err, ERR_UNAVAILABLE, "%s", doubt);
	}
	if (broken || ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return err_crypto(err, ERR_UNAVAILABLE, "%s", doubt);
	return err_crypto(err, ERR_PROTOCOL, "%s", doubt);
}

static bool shake_hands(SSL *ssl, int fd, int64_t deadline, struct err *err)
{
	for (;;) {
		short events;
		int rc;

		ERR_clear_error();
		errno = 0;
		rc = SSL_connect(ssl);
		if (rc == 1)
			return true;
		switch (SSL_get_error(ssl, rc)) {
		case SSL_ERROR_WANT_READ:
			events = POLLIN;
			break;
		case SSL_ERROR_WANT_WRITE:
			events = POLLOUT;
			break;
		default:
			return not_tls(ssl, rc, err);
		}
		if (!dial_wait(fd, events, deadline, err))
			return err_wrap(err, "TLS handshake");
	}
}

/*
 * A TLS 1.2 server that insists on a client certificate breaks off, but only after it has shown
 * its chain and signed with its key, which is all that we want. (In TLS 1.3 it breaks off later.)
 * With RSA key transport nothing would be signed, so that does not count.
 */
static bool heard_enough(const SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);

	return SSL_get_app_data(ssl) && SSL_get_peer_cert_chain(ssl) && cipher &&
	       SSL_version(ssl) == TLS1_2_VERSION && SSL_CIPHER_get_kx_nid(cipher) != NID_kx_rsa;
}

static bool copy_chain(struct probe_chain *out, const SSL *ssl, struct err *err)
{
	AUTO(probe_chain) struct probe_chain chain = { 0 };
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl);
	int n = sent ? sk_X509_num(sent) : 0;

	if (n < 1 || n > PROBE_CERTS_MAX)
		return err_set(err, ERR_PROTOCOL,
			"the server sent %d certificates; 1 to %d are understood", n,
			PROBE_CERTS_MAX);
	for (int i = 0; i < n; i++) {
		unsigned char *der = NULL;
		int len = i2d_X509(sk_X509_value(sent, i), &der);

		if (len <= 0)
			return err_crypto(err, ERR_PROTOCOL, "encode certificate %d", i + 1);
		chain.cert[i].der = der;
		chain.cert[i].len = (size_t)len;
		chain.n++;
		if (len > PROBE_CERT_BYTES_MAX)
			return err_set(err, ERR_PROTOCOL,
				"certificate %d that the server sent is longer than %d bytes",
				i + 1, PROBE_CERT_BYTES_MAX);
	}
	*out = chain;
	out->reached = true;
	chain = (struct probe_chain) { 0 };
	return true;
}

/* TLS on a connected socket. */
static bool fetch_from(struct probe_chain *out, int fd, const struct probe_target *t,
	int64_t deadline, struct err *err)
{
	AUTO(ssl_ctx) SSL_CTX *ctx = new_context();
	AUTO(ssl) SSL *ssl = ctx ? SSL_new(ctx) : NULL;

	if (!ssl || !SSL_set_fd(ssl, fd))
		return err_crypto(err, ERR_INTERNAL, "prepare TLS");
	if (!dial_is_address(t->server_name) && !SSL_set_tlsext_host_name(ssl, t->server_name))
		return err_crypto(err, ERR_CONFIG, "server name \"%s\"", t->server_name);
	if (!shake_hands(ssl, fd, deadline, err) && !heard_enough(ssl))
		return false;
	if (!copy_chain(out, ssl, err))
		return false;
	if (SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
	ERR_clear_error();
	return true;
}

static bool try_address(struct probe_chain *out, const struct addrinfo *to,
	const struct probe_target *t, int64_t deadline, struct err *err)
{
	AUTO(fd) int fd = -1;

	if (!dial_connect(&fd, to, deadline, err))
		return false;
	out->reached = true;
	return upgrade(fd, t->protocol, deadline, err) && fetch_from(out, fd, t, deadline, err);
}

/* A dead address gets its share of the time that is left, not all of it. */
static bool try_addresses(struct probe_chain *out, const struct addrinfo *all,
	const struct probe_target *t, int64_t deadline, struct err *err)
{
	int64_t count = 0;

	for (const struct addrinfo *a = all; a; a = a->ai_next)
		count++;
	for (const struct addrinfo *a = all; a; a = a->ai_next, count--) {
		int64_t now = clock_ms();

		if (try_address(out, a, t, now + (deadline - now) / count, err))
			return true;
	}
	return false;
}

bool probe_chain_fetch(struct probe_chain *out, const struct probe_target *t, struct err *err)
{
	int64_t deadline = clock_ms() + t->timeout_ms;
	AUTO(addresses) struct addrinfo *all = NULL;
	AUTO(sigpipe) struct sigaction before = { 0 };

	out->reached = false;
	ignore_sigpipe(&before);
	if (!dial_look_up(&all, t->host, t->port, err))
		return false;
	return try_addresses(out, all, t, deadline, err) ||
	       err_wrap(err, "%s port %u", t->host, t->port);
}

static bool has(const struct probe_addresses *all, const char *text)
{
	for (size_t i = 0; i < all->n; i++)
		if (!strcmp(all->text[i], text))
			return true;
	return false;
}

bool probe_addresses_find(struct probe_addresses *out, const char *host, struct err *err)
{
	AUTO(addresses) struct addrinfo *all = NULL;
	struct probe_addresses found = { 0 };

	if (!dial_look_up(&all, host, 0, err))
		return false;
	for (const struct addrinfo *a = all; a && found.n < PROBE_ADDRESSES_MAX; a = a->ai_next) {
		char text[PROBE_ADDRESS_TEXT_MAX] = "";

		if (getnameinfo(
			    a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST))
			return err_set(err, ERR_UNAVAILABLE, "look up \"%s\": no address", host);
		if (!has(&found, text))
			memcpy(found.text[found.n++], text, sizeof(text));
	}
	*out = found;
	return true;
}
