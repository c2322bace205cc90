/* What a token endpoint answers (RFC 6749, 4.4.3 and 5.2; scm-api.md, 1c). */
#ifndef SCM_JSON_TOKEN_H
#define SCM_JSON_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"

#define SCM_TOKEN_MAX (16 * 1024) /* bytes of an access token */

/*
 * {"access_token":"...","expires_in":300,"token_type":"Bearer"}: the token as a secret, checked to
 * be of the characters that a header takes (RFC 6750, 2.1), and its seconds, 0 when they are
 * missing or make no sense. ERR_PROTOCOL.
 */
MUST_USE bool scm_json_token(
	struct secret **token, int64_t *seconds, const char *text, size_t len, struct err *err);

/* {"error":"invalid_client","error_description":"..."}; both printable, "" when absent. */
struct scm_token_error {
	char error[64];
	char description[200];
};
MUST_USE bool scm_json_token_error(
	struct scm_token_error *out, const char *text, size_t len, struct err *err);

#endif
