/*
 * Opening a private key of a Java key store: what is sealed is an EncryptedPrivateKeyInfo (RFC 5958
 * 3) with one of two algorithms of Sun's own. JKS: an XOR with a stream of SHA-1, see
 * sun.security.provider.KeyProtector of the JDK. JCEKS: PBEWithMD5AndTripleDES, see
 * com.sun.crypto.provider.PBES1Core. Both are weak; they are what these files have. Private to this
 * room.
 */
#ifndef KEYSTORE_JKS_KEY_H
#define KEYSTORE_JKS_KEY_H

#include "base/buf.h"
#include "base/ossl.h"
#include "keystore/jks.h"

struct secret;

/* Sun's object identifiers. */
#define JKS_KEY_OID "1.3.6.1.4.1.42.2.17.1.1"
#define JKS_KEY_OID_JCEKS "1.3.6.1.4.1.42.2.19.1"

#define JKS_KEY_SALT_LEN JKS_DIGEST_LEN

/*
 * The algorithm is found out by its object identifier; KS_PKCS12_ITERATIONS_MAX bounds the work.
 * Owned. ERR_KEYSTORE: wrong password, damage, another algorithm, too much work.
 */
MUST_USE bool jks_key_open(EVP_PKEY **out, const struct jks_bytes *sealed,
	const struct secret *password, struct err *err);

/* The cipher of JKS, the same in both directions; the password as jks_text_password() has it. */
MUST_USE bool jks_key_stream(struct buf *out, const struct jks_bytes *salt,
	const struct jks_bytes *in, const struct buf *password, struct err *err);

#endif
