/*
 * The key types that may be asked for, in one table: their names in the configuration and what
 * OpenSSL and PKCS#11 call them. Whether a key that exists is good enough is not decided here.
 */
#ifndef KEYSTORE_TYPE_H
#define KEYSTORE_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ossl.h"

enum ks_key_type {
	KS_RSA_2048,
	KS_RSA_3072,
	KS_RSA_4096,
	KS_EC_P256,
	KS_EC_P384,
	KS_EC_P521,
	KS_KEY_TYPE_COUNT
};

/* "rsa:3072", "ec:P-256"; the case of letters does not matter. */
MUST_USE bool ks_key_type_parse(enum ks_key_type *out, const char *text);

/* The name that ks_key_type_parse() reads. Borrowed for ever. */
const char *ks_key_type_name(enum ks_key_type type);

/* One row of the table. `group` and `ec_params` are NULL for RSA. */
struct ks_key_spec {
	const char *name;
	unsigned bits;			/* of the modulus, or of the field */
	const char *group;		/* OpenSSL's name of the curve */
	const unsigned char *ec_params; /* DER of the curve's OID: CKA_EC_PARAMS */
	size_t ec_params_len;
	const char *digest; /* the one that fits the type (FIPS 186-5, RFC 5480 4) */
};

/* Borrowed for ever. */
const struct ks_key_spec *ks_key_spec(enum ks_key_type type);

/* False when the key is of none of the types. */
MUST_USE bool ks_key_type_of(enum ks_key_type *out, const EVP_PKEY *key);

#endif
