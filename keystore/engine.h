/*
 * What makes a key from libp11 sign with RSA-PSS inside the token. libp11 gives RSA keys methods
 * that pad in software and ask the token for raw RSA, which many HSMs refuse; its methods that do
 * it right can only be attached by way of an ENGINE. Private to this room.
 */
#ifndef KEYSTORE_ENGINE_H
#define KEYSTORE_ENGINE_H

#include "base/ossl.h"

/* Changes the key in place. ERR_INTERNAL. */
MUST_USE bool engine_attach(EVP_PKEY *key, struct err *err);

#endif
