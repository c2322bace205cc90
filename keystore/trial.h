/*
 * A certificate to try whether a key store takes one. Private to this room.
 */
#ifndef KEYSTORE_TRIAL_H
#define KEYSTORE_TRIAL_H

#include "base/ossl.h"

/*
 * Of a key that nobody has, signed by itself, and over since 1970: it can't be of use to anybody.
 * Owned.
 */
MUST_USE bool trial_certificate(X509 **out, struct err *err);

#endif
