/*
 * OAuth2's client credentials grant as bytes (RFC 6749, 4.4; scm-api.md, 1c): what is sent to the
 * token endpoint and what its answer means. Pure; the sending is bearer.c's.
 */
#ifndef SCM_TOKEN_H
#define SCM_TOKEN_H

#include "base/buf.h"
#include "base/secret.h"
#include "scm/answer.h"

#define SCM_TOKEN_ANSWER_MAX (64 * 1024)
#define SCM_TOKEN_FORM_MAX (64 * 1024)

/* application/x-www-form-urlencoded; holds the secret: buf_wipe(). */
void scm_token_form(struct buf *out, const char *client_id, const struct secret *secret);

/*
 * How long, in milliseconds, a token may be used that the endpoint gives `seconds`: less than that,
 * so that none ends on its way; a minute's worth for 0, an hour's at most.
 */
int64_t scm_token_lifetime(int64_t seconds);

/*
 * The token in an answer, or the failure in words that name the endpoint: ERR_AUTH when the client
 * is refused, ERR_UNAVAILABLE when it may pass by itself, ERR_PROTOCOL. Owned: secret_free().
 */
MUST_USE bool scm_token_read(
	struct secret **token, int64_t *lifetime_ms, const struct scm_answer *a, struct err *err);

/*
 * The endpoint's URL in the answer to a call without credentials; borrowed from it. ERR_PROTOCOL
 * when there is none, or none that a secret may be sent to.
 */
MUST_USE bool scm_token_discovered(const char **url, const struct scm_answer *a, struct err *err);

#endif
