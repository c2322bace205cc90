/*
 * The secret that a request has to show in its Authorization header, and its comparison in constant
 * time. Only a digest of it is kept.
 */
#ifndef WEBHOOK_CREDENTIAL_H
#define WEBHOOK_CREDENTIAL_H

#include "base/err.h"

#define CREDENTIAL_DIGEST 32

struct credential {
	const char *scheme; /* "Basic" or "Bearer" */
	unsigned char digest[CREDENTIAL_DIGEST];
};

/*
 * Reads the secret (secret_read()). With a user it is the password of Basic (RFC 7617), without
 * (NULL) the token of Bearer (RFC 6750). ERR_CONFIG; ERR_USAGE for a name that Basic can't have.
 */
MUST_USE bool credential_read(
	struct credential *out, const char *reference, const char *user, struct err *err);

/* Whether this is the value of the right Authorization header; NULL for none. */
bool credential_matches(const struct credential *c, const char *header);

/* The value of WWW-Authenticate (RFC 9110, 11.6.1). */
const char *credential_challenge(const struct credential *c);

#endif
