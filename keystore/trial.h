/*
 * A certificate to try whether a key store takes one, and its key. Private to this room.
 */
#ifndef KEYSTORE_TRIAL_H
#define KEYSTORE_TRIAL_H

#include "base/ossl.h"

/*
 * Of a key that was just made, signed by itself, and over since 1970: it can't be of use to
 * anybody. Both owned.
 */
MUST_USE bool trial_pair(EVP_PKEY **key, X509 **cert, struct err *err);

/* The same of a key that nobody has. Owned. */
MUST_USE bool trial_certificate(X509 **out, struct err *err);

#endif
