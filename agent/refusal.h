/*
 * Credentials that were refused: remembered until what they are made of changes, because an
 * account locks after a few wrong logins and a token after a few wrong PINs.
 *
 * A refusal is a file in cache/ with a digest over the settings and over the secret's file (its
 * inode, size and time, never its content).
 */
#ifndef AGENT_REFUSAL_H
#define AGENT_REFUSAL_H

#include "agent/conf.h"
#include "agent/store.h"

/* A credential: where its refusal is kept and what would change when the administrator mends it. */
struct refusal {
	char file[96];	 /* below cache/ */
	char digest[65]; /* SHA-256, hex */
	char token[65];	 /* of a PIN: which token, whatever the PIN; else "" */
	enum err_kind kind;
};

MUST_USE bool refusal_of_account(
	struct refusal *out, const struct conf_account *account, struct err *err);
MUST_USE bool refusal_of_token(
	struct refusal *out, const struct conf_token *token, struct err *err);

/* False, with the refusal's kind, when it was refused before and nothing has changed since. */
MUST_USE bool refusal_check(struct store *store, const struct refusal *r, struct err *err);

/*
 * Remembers it, with the message that the refusal came with. A token that refused a PIN is not
 * asked again in this run, by another PIN either: each attempt counts, wherever it is configured.
 */
MUST_USE bool refusal_note(
	struct store *store, const struct refusal *r, const char *message, struct err *err);

/* Forgets it, as `reset` does. */
MUST_USE bool refusal_forget(struct store *store, const struct refusal *r, struct err *err);

#endif
