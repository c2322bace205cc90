/*
 * Certificate signing requests (PKCS#10, RFC 2986). A request is built once for an order and its
 * bytes are kept; the key stays where it is and signs through EVP, in memory or in a token.
 */
#ifndef CSR_CSR_H
#define CSR_CSR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/ossl.h"
#include "base/strlist.h"
#include "csr/key.h"

#define CSR_PEM_MAX 32767 /* what SCM takes (scm-api: csr) */

/* The fields of the subject; NULL or "" leaves one out. Strings are borrowed. */
struct csr_subject {
	const char *common_name; /* as configured; any form csr_name_parse() takes */
	const char *organization;
	const char *organizational_unit;
	const char *locality;
	const char *state;
	const char *country; /* ISO 3166, two letters */
};

/*
 * ERR_CONFIG, with the name of the field as in the configuration, when one is longer than X.520
 * allows (RFC 5280 A.1: ub-common-name 64, ub-locality-name 128, ...), is not UTF-8, has control
 * characters, or is no two-letter country or no name.
 */
MUST_USE bool csr_check_subject(const struct csr_subject *s, struct err *err);

/*
 * Appends a PEM request for `key` with the names (canonical, csr_names_build()) as subjectAltName,
 * critical when the subject is empty (RFC 5280 4.2.1.6). Signed with SHA-256 for RSA and P-256,
 * SHA-384 for P-384, SHA-512 for P-521; the encoded request is read back and its signature
 * verified. `key` may be of a provider or an engine: only EVP calls are made.
 *
 * ERR_CONFIG for the subject, ERR_KEYSTORE for a key that is too weak or does not sign.
 */
MUST_USE bool csr_build(struct buf *pem, EVP_PKEY *key, const struct csr_subject *subject,
	const struct strlist *names, struct err *err);

#endif
