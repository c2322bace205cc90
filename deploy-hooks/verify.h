/*
 * One item of a certificate's `verify` list: where its servers are asked what they serve.
 *
 *	[SCHEME://]HOST:PORT[@ADDRESS[:PORT]]        an IPv6 address stands in brackets
 *
 * SCHEME (smtp, imap, pop3, ldap, postgres) is what is spoken until TLS begins (STARTTLS); without
 * it TLS begins at once. HOST is the name that is asked for, ADDRESS where to connect instead. Text
 * to values only; the handshake is probe.h's.
 */
#ifndef DEPLOY_HOOKS_VERIFY_H
#define DEPLOY_HOOKS_VERIFY_H

#include <stdbool.h>

#include "base/err.h"
#include "deploy-hooks/starttls.h"

struct verify_target {
	char *host; /* without brackets; never NULL once parsed */
	unsigned port;
	char *address;	       /* NULL: connect to the host */
	unsigned address_port; /* the host's, unless given */
	enum starttls_protocol protocol;
};

void verify_target_dispose(struct verify_target *t);
AUTO_DEFINE_REF(verify_target, struct verify_target, verify_target_dispose);

/* ERR_CONFIG quotes the text and says what is wrong. Owned by the caller. */
MUST_USE bool verify_parse(struct verify_target *out, const char *text, struct err *err);

/* The name to ask for (SNI): the host, or `common_name` when the host is an address. Borrowed. */
const char *verify_server_name(const struct verify_target *t, const char *common_name);

#endif
