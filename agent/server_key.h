/*
 * Whether the user that a server's workers run as can use a key: sign with it in the token, or read
 * its file and sign. Tried in a process of that user's (signer.h), after the agent itself could; so
 * a PIN is given to it that the token has just taken.
 */
#ifndef AGENT_SERVER_KEY_H
#define AGENT_SERVER_KEY_H

#include "agent/job.h"
#include "keystore/ks_scheme.h"

/* A key, as a meta record names it. Borrowed. */
struct server_key {
	const char *user;
	const struct record *record;
	const char *dir; /* where its file is, if it is one: an absolute path */
};

/*
 * What comes of each signature scheme, as ks_try(). The message says what to do about it.
 * ERR_CONFIG: no such user. ERR_KEYSTORE: it can't use the key at all. ERR_INTERNAL:
 * could not be tried.
 */
MUST_USE bool server_key_try(struct ks_trial out[static KS_SCHEMES_MAX], size_t *n, struct run *run,
	const struct server_key *key, struct err *err);

/* The same; false unless the key signs with each scheme that a server can't do without. */
MUST_USE bool server_key_check(struct run *run, const struct server_key *key, struct err *err);

/*
 * Before a generation becomes live: lets the servers' group read a token that is files
 * (token_files.h), and with `proof` sees whether server_user, if there is one, can use the key.
 * ERR_DEPLOY when it can't; what fails before that has its own kind.
 */
MUST_USE bool server_key_prepare(struct run *run, const struct conf_cert *cert,
	const char *generation, bool proof, struct err *err);

#endif
