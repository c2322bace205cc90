/*
 * The ways in which a TLS server signs with its key: the signature schemes of RFC 8446 4.2.3 that
 * fit a key's type, and whether a key can do each of them. A token may refuse any: its mechanisms,
 * and not the key alone, decide.
 *
 * Which scheme a server takes is not known here: the client's list decides, and the server's.
 */
#ifndef KEYSTORE_KS_SCHEME_H
#define KEYSTORE_KS_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ossl.h"

struct ks_scheme {
	const char *name;  /* as RFC 8446 has it */
	const char *fails; /* what goes wrong without it, for people */
	bool needed;	   /* a server can't do without */
	const char *type;  /* of the key: "RSA", or the curve as OpenSSL calls it */
	const char *digest;
	int padding; /* of RSA; 0 for ECDSA */
};

#define KS_SCHEMES_MAX 6 /* of one key */

/* What came of one scheme. */
struct ks_trial {
	const struct ks_scheme *scheme; /* borrowed for ever */
	struct err why;			/* ERR_NONE: it signs; else ERR_KEYSTORE */
};

/*
 * Signs a fixed message in each way that fits the key's type, and verifies each signature with the
 * public half. What is refused is told in its trial; ERR_KEYSTORE when there is nothing to try: a
 * key that is neither RSA nor EC on P-256, P-384 or P-521.
 */
MUST_USE bool ks_try(
	struct ks_trial out[static KS_SCHEMES_MAX], size_t *n, EVP_PKEY *key, struct err *err);

/* The scheme of that name, NULL when it is not one of ours. Borrowed for ever. */
const struct ks_scheme *ks_scheme_find(const char *name);

#endif
