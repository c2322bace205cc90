/*
 * X.501 names: the subject of a request from configured text, and any name back to text. Inside
 * csr/ only.
 */
#ifndef CSR_SUBJECT_H
#define CSR_SUBJECT_H

#include "base/ossl.h"
#include "csr/csr.h"
#include "csr/info.h"

/* Errors as csr_check_subject(). *out is owned: X509_NAME_free(). */
MUST_USE bool csr_subject_make(X509_NAME **out, const struct csr_subject *s, struct err *err);

/* RFC 4514 in printable ASCII, cut when too long; "" when it can't be printed. */
void csr_subject_print(char out[static CSR_ISSUER_MAX], const X509_NAME *name);

#endif
