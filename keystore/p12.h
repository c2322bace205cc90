/*
 * PKCS #12 files (RFC 7292), walked by ourselves: to bound the work before it is done, to choose a
 * key by its friendlyName, and to say what exactly is wrong. Private to this room.
 */
#ifndef KEYSTORE_P12_H
#define KEYSTORE_P12_H

#include "keystore/ks_credential.h"

/*
 * The key with src->alias, or the only one, and every certificate of the file. Both owned.
 * ERR_KEYSTORE.
 */
MUST_USE bool p12_parse(EVP_PKEY **key, STACK_OF(X509) * *certs,
	const struct ks_credential_source *src, struct err *err);

/*
 * Every certificate of the file but those of private keys (with a localKeyID), for trust stores.
 * src->password alone counts. Owned. ERR_KEYSTORE.
 */
MUST_USE bool p12_anchors(
	STACK_OF(X509) * *certs, const struct ks_credential_source *src, struct err *err);

#endif
