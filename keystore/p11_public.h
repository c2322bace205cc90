/*
 * The public half of a key pair from the attributes of its object in a token. Private to this room.
 */
#ifndef KEYSTORE_P11_PUBLIC_H
#define KEYSTORE_P11_PUBLIC_H

#include "base/ossl.h"
#include "keystore/p11.h"

/*
 * From a public key, or a private key that shows as much; an ordinary EVP_PKEY of OpenSSL's. Owned.
 * ERR_KEYSTORE when it is neither RSA nor EC on a named curve, or hides what is needed.
 */
MUST_USE bool p11_public(
	EVP_PKEY **out, const struct p11 *p, CK_OBJECT_HANDLE object, struct err *err);

#endif
