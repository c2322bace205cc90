/*
 * Password-based encryption as PKCS #8 and PKCS #12 files use it, with a bound on the work that a
 * file may ask for. Each file gets a budget of rounds; what goes beyond is refused before the first
 * one is done. Algorithms of old files (RC2, RC4) are switched on when the first such file comes.
 */
#ifndef KEYSTORE_PBE_H
#define KEYSTORE_PBE_H

#include <stdbool.h>

#include "base/ossl.h"

struct secret;

#define PBE_SALT_LEN 16 /* bytes of what we encrypt */

/* Takes the rounds of a file's MAC or of one encryption out of the budget. */
MUST_USE bool pbe_spend(long *budget, const ASN1_INTEGER *rounds, struct err *err);

/*
 * The same for PBES1, the PBE of PKCS #12 and PBES2 with PBKDF2 (RFC 8018 6, RFC 7292 C);
 * ERR_KEYSTORE for other algorithms.
 */
MUST_USE bool pbe_check(long *budget, const X509_ALGOR *algorithm, struct err *err);

/* Decrypts an EncryptedPrivateKeyInfo (RFC 5958 3); the password may be NULL. Owned. */
MUST_USE bool pbe_decrypt_key(EVP_PKEY **out, long *budget, const X509_SIG *sealed,
	const char *password, size_t len, struct err *err);

/* How to encrypt: PBES2 with AES-256 and HMAC-SHA256 in so many rounds, or what old readers know.
 */
struct pbe_how {
	int rounds;
	bool legacy; /* pbeWithSHA1And3-KeyTripleDES-CBC: RFC 7292 C */
};

/* The key for others to have. Owned. ERR_KEYSTORE for one that can't leave its token. */
MUST_USE bool pbe_export_key(PKCS8_PRIV_KEY_INFO **out, EVP_PKEY *key, struct err *err);

/* The same, encrypted. Owned: X509_SIG_free(). */
MUST_USE bool pbe_encrypt_key(X509_SIG **out, EVP_PKEY *key, const struct secret *password,
	const struct pbe_how *how, struct err *err);

AUTO_DEFINE(pkcs8, PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free);
AUTO_DEFINE(x509_sig, X509_SIG *, X509_SIG_free);

#endif
