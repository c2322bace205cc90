/*
 * Password-based encryption as PKCS #8 and PKCS #12 files use it, with a bound on the work that a
 * file may ask for. Each file gets a budget of rounds; what goes beyond is refused before the first
 * one is done. Algorithms of old files (RC2, RC4) are switched on when the first such file comes.
 */
#ifndef KEYSTORE_PBE_H
#define KEYSTORE_PBE_H

#include <stdbool.h>

#include "base/ossl.h"

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

#endif
