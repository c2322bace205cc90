/*
 * Private keys and certificates out of PEM text (RFC 7468, and the older "RSA PRIVATE KEY" forms
 * with their Proc-Type header). Passwords come as arguments; nobody is ever asked for one.
 */
#ifndef KEYSTORE_PEM_H
#define KEYSTORE_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ossl.h"

struct secret;

/*
 * The private key in `data`, and every certificate in order; other blocks are passed over. `certs`
 * may be NULL. `password` NULL: an encrypted key is an error. Both owned. ERR_KEYSTORE: no key, two
 * keys, wrong password, damage.
 */
MUST_USE bool pem_parse(EVP_PKEY **key, STACK_OF(X509) * *certs, const void *data, size_t len,
	const struct secret *password, struct err *err);

#endif
