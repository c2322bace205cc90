/*
 * Trust anchors: the system's, or a bundle that the administrator names. For the gate (chain.h),
 * and for who wants to know before an order that a bundle can be used.
 */
#ifndef CSR_ANCHORS_H
#define CSR_ANCHORS_H

#include "base/ossl.h"

#define CSR_ANCHORS_MAX (16 * 1024 * 1024) /* bytes of a bundle */

/*
 * Each certificate of the PEM file `path`, or the system's default anchors when it is NULL, which
 * OpenSSL looks up as it needs them. ERR_CONFIG when the file can't be read, has no certificate,
 * or a damaged one. *out is owned: AUTO(x509_store).
 */
MUST_USE bool csr_anchors_load(X509_STORE **out, const char *path, struct err *err);

#endif
