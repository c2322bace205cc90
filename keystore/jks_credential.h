/*
 * The key of a TLS client credential in a Java key store. Private to this room.
 */
#ifndef KEYSTORE_JKS_CREDENTIAL_H
#define KEYSTORE_JKS_CREDENTIAL_H

#include "keystore/ks_credential.h"

/*
 * The private key with src->alias, or the only one, and the certificates stored with it. A PKCS #12
 * file is read as one. Both owned. ERR_KEYSTORE.
 */
MUST_USE bool jks_credential(EVP_PKEY **key, STACK_OF(X509) * *certs,
	const struct ks_credential_source *src, struct err *err);

#endif
