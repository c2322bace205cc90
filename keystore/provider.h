/*
 * An EVP_PKEY whose private half is in a token: made by an OpenSSL provider (provider(7)) that is a
 * part of this program. The provider lives in a library context of its own, so that nothing else in
 * the process meets it; keys find the way to it by themselves. Private to this room.
 */
#ifndef KEYSTORE_PROVIDER_H
#define KEYSTORE_PROVIDER_H

#include "keystore/p11_sign.h"

/*
 * Owned: free before the token is closed. `public` is an ordinary key, and is kept as well. What
 * `private` refers to is borrowed until the key is freed.
 */
MUST_USE bool provider_key(
	EVP_PKEY **out, EVP_PKEY *public, const struct p11_key *private, struct err *err);

#endif
