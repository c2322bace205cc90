/*
 * The subjectAltName extension (RFC 5280 4.2.1.6), to and from canonical names. Inside csr/ only.
 */
#ifndef CSR_SAN_H
#define CSR_SAN_H

#include "base/ossl.h"
#include "base/strlist.h"

/* A GENERAL_NAMES of canonical names; NULL when memory is short. Owned: GENERAL_NAMES_free(). */
GENERAL_NAMES *csr_san_make(const struct strlist *names);

/*
 * Appends the names of a certificate. One of a kind that we never ask for becomes "other:" and
 * its kind. ERR_PROTOCOL for a name that is not in canonical form but for case: with a NUL, a
 * blank, bytes above 126, a trailing dot, an address of five bytes, a broken A-label.
 */
MUST_USE bool csr_san_read(struct strlist *out, X509 *cert, struct err *err);

/*
 * Appends the common names of the subject, as canonical names where they are names and as "cn:"
 * and the text otherwise. ERR_PROTOCOL for one that is no text.
 */
MUST_USE bool csr_san_read_cn(struct strlist *out, X509 *cert, struct err *err);

#endif
