/*
 * The certificates that a server really serves: one TLS handshake (1.2 or later), at once or after
 * STARTTLS, and the chain as it was sent.
 *
 * Nothing is verified here: whether this chain is the right one is for the caller to compare, and
 * trust is not the question. It blocks, and parses what a network peer sends: meant for
 * scm-agent-fetch, which is sandboxed.
 */
#ifndef DEPLOY_HOOKS_PROBE_H
#define DEPLOY_HOOKS_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "deploy-hooks/starttls.h"

#define PROBE_CERTS_MAX 10
#define PROBE_CERT_BYTES_MAX (32 * 1024)

struct probe_target {
	const char *host; /* name or address to connect to, IPv6 without brackets */
	unsigned port;
	const char *server_name; /* SNI (RFC 6066, section 3); not sent when it is an address */
	uint32_t timeout_ms;	 /* in all; looking up the name has the resolver's own limits */
	enum starttls_protocol protocol;
};

struct probe_chain {
	bool reached; /* somebody took the connection, whatever came of it: set in any case */
	size_t n;
	struct {
		unsigned char *der;
		size_t len;
	} cert[PROBE_CERTS_MAX];
};

/* Frees what it holds; an empty one ({ 0 }) is fine. */
void probe_chain_dispose(struct probe_chain *c);
AUTO_DEFINE_REF(probe_chain, struct probe_chain, probe_chain_dispose);

/*
 * Tries each address of the host until one completes the handshake, and gives its chain, leaf
 * first as a rule, but in any case as sent. The key behind the leaf has been used: a server whose
 * key is out of reach fails here. A server that wants a client certificate is served none, and is
 * still heard.
 *
 * ERR_UNAVAILABLE: no such name, refused, cut short, time-out. ERR_PROTOCOL: no TLS >= 1.2, a
 * dialogue before it that leads nowhere, or more than PROBE_CERTS_MAX certificates of
 * PROBE_CERT_BYTES_MAX. Owned by the caller: probe_chain_dispose().
 */
MUST_USE bool probe_chain_fetch(
	struct probe_chain *out, const struct probe_target *t, struct err *err);

#define PROBE_ADDRESSES_MAX 16
#define PROBE_ADDRESS_TEXT_MAX 64 /* with a scope behind it */

/*
 * The different addresses of a name, as text without brackets, in the resolver's order; what is
 * beyond PROBE_ADDRESSES_MAX is left out. ERR_UNAVAILABLE.
 */
struct probe_addresses {
	size_t n;
	char text[PROBE_ADDRESSES_MAX][PROBE_ADDRESS_TEXT_MAX];
};
MUST_USE bool probe_addresses_find(struct probe_addresses *out, const char *host, struct err *err);

#endif
