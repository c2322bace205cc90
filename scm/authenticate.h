/*
 * The WWW-Authenticate header of a 401 (RFC 9110, 11.6.1), as far as it says where access tokens
 * are to be had: SCM names its token endpoint there (scm-api.md, 1c). Pure, bounded.
 */
#ifndef SCM_AUTHENTICATE_H
#define SCM_AUTHENTICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/auto.h"

#define SCM_AUTHORIZATION_URI_MAX 512

/*
 * The authorization_uri of a Bearer challenge, terminated, free of control characters, checked for
 * nothing else. False (and *out undefined) when the header breaks its grammar anywhere, names no
 * such thing or two of them, or one that is too long. `value` need not be terminated.
 */
MUST_USE bool scm_authenticate(
	char out[static SCM_AUTHORIZATION_URI_MAX + 1], const char *value, size_t len);

#endif
