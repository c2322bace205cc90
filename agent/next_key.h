/*
 * The key of the next certificate, made ahead (next_key = yes), so that its digest can be published
 * before a server shows it. It lives in next/NAME, and the records are those of any other key:
 *
 *	intent         written before the key: its id, type, store
 *	privkey.pem    or key-uri
 *	meta           written last: the same, with the key's digest
 *
 * The next order takes it by one rename, or in a token by naming its id in its own intent. What is
 * in use by then, of another type or store than is configured, compromised, or not asked for any
 * more, counts for nothing and is dropped when the certificate is deployed.
 */
#ifndef AGENT_NEXT_KEY_H
#define AGENT_NEXT_KEY_H

#include "agent/job.h"

/* The meta of the key that waits, if one does: complete, fit and unused. Owned: record_dispose().
 */
MUST_USE bool next_key_read(bool *found, struct record *meta, struct store *store,
	const struct conf_cert *cert, const struct situation *s, struct err *err);

/*
 * Makes what next_key wants to be there, and drops what it does not. Idempotent. An order in work
 * has the next key already.
 */
MUST_USE bool next_key_settle(struct job *job, struct err *err);

/* Drops it, one in a token as well, for being of no use after all. */
MUST_USE bool next_key_drop(struct job *job, const struct record *meta, struct err *err);

/* Moves it beside the intent that names it; `dir` is pending/NAME. */
MUST_USE bool next_key_take(struct job *job, const struct record *intent, int dir, struct err *err);

/*
 * Gives it back, before pending/NAME is given up: its digest may be published. What pending/NAME
 * has stays as it is. Nothing to do when its key was not made ahead.
 */
MUST_USE bool next_key_return(
	struct store *store, const char *name, const struct situation *s, struct err *err);

#endif
