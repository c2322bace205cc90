/*
 * Opening a private key of a Java key store: what is sealed is an EncryptedPrivateKeyInfo (RFC 5958
 * 3) with one of two algorithms of Sun's own. JKS: an XOR with a stream of SHA-1, see
 * sun.security.provider.KeyProtector of the JDK. JCEKS: PBEWithMD5AndTripleDES, see
 * com.sun.crypto.provider.PBES1Core. Both are weak; they are what these files have. Private to this
 * room.
 */
#ifndef KEYSTORE_JKS_KEY_H
#define KEYSTORE_JKS_KEY_H

#include "base/ossl.h"
#include "keystore/jks_in.h"

struct secret;

/*
 * The algorithm is found out by its object identifier; KS_PKCS12_ITERATIONS_MAX bounds the work.
 * Owned. ERR_KEYSTORE: wrong password, damage, another algorithm, too much work.
 */
MUST_USE bool jks_key_open(EVP_PKEY **out, const struct jks_bytes *sealed,
	const struct secret *password, struct err *err);

#endif
