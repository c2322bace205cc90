/*
 * The access token of an OAuth2 account: fetched when it is needed, one fetch at a time, held until
 * its end is near. The token endpoint is the configured one, or the one that SCM names to a caller
 * without credentials. The client's secret goes there and nowhere else.
 */
#ifndef SCM_BEARER_H
#define SCM_BEARER_H

#include "scm/http.h"

struct scm_bearer;

/* Told when a fetch has ended: NULL, or why there is no token. */
typedef void scm_bearer_done(void *context, const struct scm_answer *failure);

/* `endpoint` and `http` are borrowed. ERR_INTERNAL. Owned: scm_bearer_free(), after the http. */
MUST_USE bool scm_bearer_new(struct scm_bearer **out, struct scm_http *http,
	const struct scm_endpoint *endpoint, scm_bearer_done *done, void *context, struct err *err);
void scm_bearer_free(struct scm_bearer *b);
AUTO_DEFINE(scm_bearer, struct scm_bearer *, scm_bearer_free);

/* The token, borrowed until the next fetch, or NULL when one has to be fetched. */
const struct secret *scm_bearer_token(const struct scm_bearer *b);

/* How many tokens have been got: tells a token from the one after it. */
unsigned scm_bearer_number(const struct scm_bearer *b);

/* Starts a fetch, unless one runs already. ERR_INTERNAL: nobody will be told. */
MUST_USE bool scm_bearer_fetch(struct scm_bearer *b, struct err *err);

/* Token `number` was refused; if it is the one we have, it is not used again. */
void scm_bearer_refused(struct scm_bearer *b, unsigned number);

#endif
