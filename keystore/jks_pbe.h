/*
 * Key and initialization vector of PBEWithMD5AndTripleDES as the JDK makes them (deriveCipherKey()
 * in com.sun.crypto.provider.PBES1Core): no standard, and not what PKCS #5 has. Private to this
 * room.
 */
#ifndef KEYSTORE_JKS_PBE_H
#define KEYSTORE_JKS_PBE_H

#include "base/ossl.h"

struct secret;

#define JKS_PBE_SALT_LEN 8

/* For triple DES in CBC mode. */
struct jks_pbe {
	unsigned char key[24];
	unsigned char iv[8];
};

void jks_pbe_wipe(struct jks_pbe *pbe);
AUTO_DEFINE_REF(jks_pbe, struct jks_pbe, jks_pbe_wipe);

/*
 * With the salt and the number of rounds of the algorithm's parameters. ERR_KEYSTORE when they are
 * damaged, ask for more than KS_PKCS12_ITERATIONS_MAX rounds, or when the password has characters
 * that Java refuses here.
 */
MUST_USE bool jks_pbe_derive(struct jks_pbe *out, const X509_ALGOR *algorithm,
	const struct secret *password, struct err *err);

/* PBEKey of the JDK takes nothing but printable ASCII, and so no other key can be sealed. */
bool jks_pbe_printable(const struct secret *password);

#endif
