/*
 * Lines for a server's own configuration: which certificate, which key. One file a server and
 * generation, included by the administrator inside `server {}` (nginx) or <VirtualHost> (Apache).
 *
 * Certificate and key only: ports, names, the engine and its PIN stay the administrator's. The
 * caller writes the file.
 */
#ifndef DEPLOY_HOOKS_STANZA_H
#define DEPLOY_HOOKS_STANZA_H

#include <stdbool.h>

#include "base/buf.h"

struct stanza {
	const char
		*include_path; /* where servers find this stanza, for its first line; may be NULL */
	const char *fullchain_path; /* absolute */
	const char *key_path;	    /* absolute, or NULL and */
	const char *key_uri;	    /* pkcs11: (RFC 7512); a query part (PIN, module) is left out */
};

/*
 * Append the stanza to `out`. ERR_CONFIG when a path or URI holds what the server's syntax can't
 * quote: a control byte, or a $, which both servers replace.
 */
MUST_USE bool stanza_nginx(struct buf *out, const struct stanza *s, struct err *err);
MUST_USE bool stanza_apache(struct buf *out, const struct stanza *s, struct err *err);

#endif
