/*
 * What is said in plain text before TLS begins on a port of another protocol:
 *
 *	SMTP        RFC 5321 and 3207: greeting, EHLO, STARTTLS
 *	IMAP        RFC 9051, section 6.2.1: greeting, CAPABILITY, STARTTLS
 *	POP3        RFC 1939, 2449 and 2595: greeting, CAPA, STLS
 *	LDAP        RFC 4511, section 4.14: one extended request (starttls_ldap.h)
 *	PostgreSQL  SSLRequest of its protocol 3.0, "S" or "N"
 *
 * A state machine that is fed bytes and does no I/O: upgrade.h connects it with a socket. It never
 * goes on where the server has said no, and nothing that is sent after the answer in plain text
 * (an injected command or reply) crosses over into TLS.
 */
#ifndef DEPLOY_HOOKS_STARTTLS_H
#define DEPLOY_HOOKS_STARTTLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define STARTTLS_BYTES_MAX 8192 /* that a server may say in all before TLS */

enum starttls_protocol {
	STARTTLS_NONE, /* TLS at once */
	STARTTLS_SMTP,
	STARTTLS_IMAP,
	STARTTLS_POP3,
	STARTTLS_LDAP,
	STARTTLS_POSTGRES,
	STARTTLS_PROTOCOL_COUNT
};

struct starttls {
	enum starttls_protocol protocol;
	bool done;	 /* TLS comes next, with no byte before it */
	const void *say; /* to be sent now, or NULL; stays valid */
	size_t say_len;
	/* the rest is its own */
	unsigned step; /* which answer is awaited */
	bool inside;   /* POP3: within a list */
	bool offered;  /* the server listed STARTTLS */
	size_t total;  /* bytes fed so far */
	size_t len;    /* of them, not used yet */
	char in[STARTTLS_BYTES_MAX + 1];
};

/* As verify's scheme has it ("smtp"); "" for STARTTLS_NONE. */
const char *starttls_scheme(enum starttls_protocol protocol);

/* Begins a dialogue; not with STARTTLS_NONE, which needs none. May have something to say at once.
 */
void starttls_begin(struct starttls *s, enum starttls_protocol protocol);

/*
 * Takes what the server sent; sets `done` or what is to be said next, or neither while an answer
 * isn't whole. ERR_PROTOCOL, quoting the answer in printable form: refused, not offered, not
 * understood, longer than STARTTLS_BYTES_MAX in all, or more was sent than was asked for. After
 * a failure, or once done, it must not be fed again.
 */
MUST_USE bool starttls_feed(struct starttls *s, const void *data, size_t len, struct err *err);

#endif
