/*
 * What an account logs in with by a client certificate, as the fetcher has to be given it: the key
 * store or token that is configured, or a generation of a certificate of ours. Which of two
 * generations that is, and when it changes, is candidate.h's; reading the files is fetcher.h's.
 */
#ifndef AGENT_CREDENTIAL_H
#define AGENT_CREDENTIAL_H

#include "agent/conf.h"
#include "agent/store.h"

/* All zero: none. Borrows from the configuration but for what is owned: credential_dispose(). */
struct credential {
	enum conf_store_type type;
	bool ours;			/* its files are in the state directory */
	char *file[2];			/* read one after the other; NULL: no more. Owned */
	const struct buf *content;	/* what the file is going to hold, instead of reading it */
	const struct conf_token *token; /* where the key is, or NULL */
	char *uri;			/* of the key in the token, or of the token. Owned */
	const char *alias;
	const char *password_file; /* NULL: none, or the token's PIN */
	const char *key_password_file;
};

void credential_dispose(struct credential *c);
AUTO_DEFINE_REF(credential, struct credential, credential_dispose);

/*
 * What the account logs in with today; all zero when that is no certificate. ERR_KEYSTORE: its
 * certificate of ours has no live generation, or the key is in a token that is not configured.
 */
MUST_USE bool credential_of(struct credential *out, const struct conf *conf, struct store *store,
	const struct conf_account *a, struct err *err);

/* A generation of a certificate of ours, out of the state directory. */
MUST_USE bool credential_of_generation(struct credential *out, const struct conf *conf,
	struct store *store, const struct conf_cert *cert, const char *id, struct err *err);

/* Whether the target writes the entry which the account logs in with, whatever their paths are. */
bool credential_is_target(const struct conf_account *a, const struct conf_target *t);

/* The target that does; NULL when there is none. Borrowed. */
const struct conf_target *credential_target(
	const struct conf_account *a, const struct conf_cert *cert);

/* Whether the account logs in with that certificate, from a file or from the state directory. */
bool credential_is(const struct conf_account *a, const struct conf_cert *cert);

/* The certificate of ours that the account logs in with, or NULL. Borrowed. */
const struct conf_cert *credential_cert(const struct conf *conf, const struct conf_account *a);

/* Whether some account logs in with that certificate. */
bool credential_is_any(const struct conf *conf, const struct conf_cert *cert);

#endif
