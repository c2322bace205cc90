/*
 * Trust stores: whom to believe, out of a PEM bundle, a PKCS #12 file or a Java key store, as PEM.
 * Files are read by the caller, and nothing is judged: neither dates nor whether a certificate is
 * that of a CA.
 */
#ifndef KEYSTORE_KS_TRUST_H
#define KEYSTORE_KS_TRUST_H

#include "base/buf.h"
#include "keystore/ks_credential.h"

/*
 * Appends the trusted certificates, in the order of the file: each one of a PEM bundle, those of a
 * PKCS #12 file that belong to no private key, the trusted ones of a JKS or JCEKS file (or of a
 * PKCS #12 file in its place). `password` may be NULL for PEM, and for PKCS #12 without one.
 * ERR_KEYSTORE: wrong password, damage, no certificate; out->max is the caller's limit.
 */
MUST_USE bool ks_trust_load(struct buf *out, enum ks_credential_type type, const void *data,
	size_t len, const struct secret *password, struct err *err);

#endif
