/*
 * What is known of revocations, and what follows from it on this host. Asking SCM is revoke.h's.
 *
 *	archive/NAME/GEN/revoked   that generation is revoked: when, by whom, why
 *	archive/NAME/revoking      the revocation of NAME that is in work
 *	burnt                      digests of compromised keys, one a line; never shortened
 *
 * A revoked generation, and each one with a burnt key, is never switched to again. One that is live
 * stays until its replacement is deployed: the server must serve something.
 */
#ifndef AGENT_REVOCATION_H
#define AGENT_REVOCATION_H

#include "agent/record.h"
#include "agent/store.h"
#include "scm/wire.h"

#define FILE_REVOKING "revoking" /* of archive/NAME */
#define REVOCATION_COMPROMISED 1 /* RFC 5280, 5.3.1: keyCompromise */

/* Notes that a generation is revoked; `by` is "us" or "scm". One that has gone is no failure. */
MUST_USE bool revocation_note(
	struct store *s, const char *name, const char *generation, const char *by, struct err *err);

/*
 * Whether SCM's answer to WIRE_DETAILS about the order of a generation says that its certificate is
 * revoked; then that is noted. `meta` is the generation's.
 */
MUST_USE bool revocation_learn(bool *revoked, struct store *s, const char *name,
	const char *generation, const struct record *meta, const struct wire_reply *r,
	struct err *err);

/* Burns a key, by the digest that `meta` has as "spki". Again is fine. */
MUST_USE bool revocation_burn(struct store *s, const char *name, const char *spki, struct err *err);

MUST_USE bool revocation_is_burnt(bool *out, struct store *s, const char *spki, struct err *err);

/* ERR_USAGE when a generation may not be switched to: it is revoked, or its key is burnt. */
MUST_USE bool revocation_check(
	struct store *s, const char *name, const char *generation, struct err *err);

#endif
