/*
 * Keys as our provider sees them: a public half that is an ordinary key of OpenSSL's, which answers
 * all questions, and a private half in a token. Private to this room.
 */
#ifndef KEYSTORE_KEYMGMT_H
#define KEYSTORE_KEYMGMT_H

#include <openssl/core_dispatch.h>

#include "keystore/p11_sign.h"

/* What EVP_PKEY_fromdata() is given under this name to make a key: a struct keymgmt_seed. */
#define KEYMGMT_SEED "scm-agent-key-in-token"

struct keymgmt_seed {
	EVP_PKEY *public; /* borrowed */
	struct p11_key private;
};

struct keymgmt_key {
	const char *type; /* "RSA", "EC" */
	EVP_PKEY *public; /* NULL until there is something in it */
	bool has_private;
	struct p11_key private;
};

extern const OSSL_DISPATCH keymgmt_rsa[];
extern const OSSL_DISPATCH keymgmt_ec[];

#endif
