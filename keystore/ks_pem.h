/*
 * PEM text for servers (RFC 7468): private keys, plain, under a password or in a token, and
 * certificates.
 */
#ifndef KEYSTORE_KS_PEM_H
#define KEYSTORE_KS_PEM_H

#include "base/buf.h"
#include "base/ossl.h"

struct secret;

#define KS_PEM_MAX 1048576	 /* bytes; a limit for buffers */
#define KS_PEM_PASSWORD_MAX 1024 /* bytes: what OpenSSL gives a program room for */
#define KS_PEM_ROUNDS 100000	 /* of PBKDF2 */

/*
 * Appends "PRIVATE KEY", or "ENCRYPTED PRIVATE KEY" when there is a password: PBES2 with
 * AES-256-CBC and PBKDF2 with HMAC-SHA256 (RFC 8018). `out` is to be wiped. ERR_KEYSTORE: the key
 * can't be exported, the password is empty or too long.
 */
MUST_USE bool ks_pem_key(
	struct buf *out, EVP_PKEY *key, const struct secret *password, struct err *err);

/*
 * The certificates of a PEM text in their order, pushed onto `certs`; what comes after one that is
 * damaged is not read. ERR_INTERNAL: short of memory.
 */
MUST_USE bool ks_pem_read_certificates(
	STACK_OF(X509) * certs, const void *data, size_t len, struct err *err);

/* Appends "CERTIFICATE" blocks in this order; `certs` may be NULL. */
MUST_USE bool ks_pem_certificates(struct buf *out, const STACK_OF(X509) * certs, struct err *err);

/*
 * Appends key, certificate and chain, which is what HAProxy's `crt` and nginx's PEM files of one
 * piece have. `out` is to be wiped. ERR_KEYSTORE as ks_pem_key().
 */
MUST_USE bool ks_pem_combined(struct buf *out, EVP_PKEY *key, const struct secret *password,
	X509 *cert, const STACK_OF(X509) * chain, struct err *err);

/*
 * Appends "PKCS#11 PROVIDER URI": what servers take for a private key that have the OpenSSL
 * provider pkcs11-provider, and no other way to name a key in a token than a file. DER of SEQUENCE
 * { VisibleString "PKCS#11 Provider URI v1.0", UTF8String uri }, as that provider's manual has it.
 * A query part of the URI (PIN, module) is left out. ERR_INTERNAL.
 */
MUST_USE bool ks_pem_uri(struct buf *out, const char *uri, struct err *err);

#endif
