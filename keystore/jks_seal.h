/*
 * Sealing a private key for a Java key store: the way back of jks_key.h. What Java has for this is
 * weak; the file's own permissions are what protects the key. Private to this room.
 */
#ifndef KEYSTORE_JKS_SEAL_H
#define KEYSTORE_JKS_SEAL_H

#include "base/buf.h"
#include "base/ossl.h"

struct secret;

#define JKS_SEAL_ROUNDS 200000 /* of JCEKS: jdk.crypto.jceks.iterationCount, as JDK 9 and later */

/*
 * Appends an EncryptedPrivateKeyInfo (RFC 5958 3). ERR_KEYSTORE: the key can't be exported; for
 * JCEKS, a password that Java can't type (PBEKey: printable ASCII alone).
 */
MUST_USE bool jks_key_seal(
	struct buf *out, bool jceks, EVP_PKEY *key, const struct secret *password, struct err *err);

#endif
