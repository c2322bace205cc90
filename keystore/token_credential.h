/*
 * The key of a TLS client credential in a PKCS#11 token. Private to this room.
 */
#ifndef KEYSTORE_TOKEN_CREDENTIAL_H
#define KEYSTORE_TOKEN_CREDENTIAL_H

#include "keystore/ks_credential.h"

/*
 * Opens the token and finds the key with CKA_LABEL src->alias, or with the object= and id= of
 * src->uri, or the only one there is; `certs` is every certificate of the token, or those of
 * src->data when there are any. All owned. ERR_KEYSTORE.
 */
MUST_USE bool token_credential(struct ks **ks, EVP_PKEY **key, STACK_OF(X509) * *certs,
	const struct ks_credential_source *src, struct err *err);

#endif
