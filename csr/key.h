/*
 * Which public keys are good enough to be certified, and what names a key: the SHA-256 of its
 * SubjectPublicKeyInfo (RFC 5280 4.1). Looks at public halves only, so keys in tokens are judged
 * like any other.
 */
#ifndef CSR_KEY_H
#define CSR_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/ossl.h"

#define CSR_SHA256_HEX 65 /* with the NUL */
#define CSR_SPKI_MAX 8192 /* bytes of a SubjectPublicKeyInfo */

/*
 * ERR_KEYSTORE unless a public CA may certify the key (TLS Baseline Requirements 6.1.1.3, 6.1.5,
 * 6.1.6): RSA of 2048 bits or more, divisible by 8, with an odd exponent from 2^16 + 1 to
 * 2^256 - 1 and no sign of a broken generator (csr/weak.h); or EC on P-256, P-384 or P-521.
 */
MUST_USE bool csr_check_key(EVP_PKEY *key, struct err *err);

/*
 * Appends the DER of the SubjectPublicKeyInfo: of a key, or as it stands in a request or a
 * certificate. ERR_KEYSTORE when it can't be had.
 */
MUST_USE bool csr_key_spki(struct buf *out, EVP_PKEY *key, struct err *err);
MUST_USE bool csr_pubkey_spki(struct buf *out, const X509_PUBKEY *key, struct err *err);

/*
 * Lower-case hex SHA-256 of the SubjectPublicKeyInfo in a PEM request (a PEM certificate is taken
 * as well). ERR_IO when `pem` is neither: it is a file of ours that is damaged.
 */
MUST_USE bool csr_fingerprint_spki(
	char out[static CSR_SHA256_HEX], const char *pem, size_t len, struct err *err);

/* The same of a key. ERR_KEYSTORE. */
MUST_USE bool csr_key_fingerprint(char out[static CSR_SHA256_HEX], EVP_PKEY *key, struct err *err);

/*
 * ERR_KEYSTORE unless the PEM request or certificate is for this key, byte by byte of the
 * SubjectPublicKeyInfo. ERR_IO when `pem` is neither.
 */
MUST_USE bool csr_matches_key(const char *pem, size_t len, EVP_PKEY *key, struct err *err);

/* Lower-case hex SHA-256 of any bytes; of a DER certificate, its fingerprint. False: no memory. */
MUST_USE bool csr_der_fingerprint(char out[static CSR_SHA256_HEX], const void *der, size_t len);

#endif
