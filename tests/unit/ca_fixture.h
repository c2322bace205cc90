/*
 * A small CA for tests: certificates as a table of wishes, good or bad, and the keys for them.
 * Nothing here checks anything; any failure to make what was asked for ends the test program.
 */
#ifndef CA_FIXTURE_H
#define CA_FIXTURE_H

#include <stdint.h>

#include <openssl/bn.h>

#include "base/buf.h"
#include "base/ossl.h"

#define CA_NOW 1800000000 /* 2027-01-15T08:00:00Z: the time at which tests judge */
#define CA_DAY 86400

/* Texts of extensions are those of x509v3_config(5); NULL leaves an extension out. */
struct ca_spec {
	const char *common_name; /* NULL: an empty subject */
	EVP_PKEY *key;		 /* borrowed */
	int64_t not_before;
	int64_t not_after;
	const char *serial; /* decimal */
	const char *san;
	const char *basic_constraints;
	const char *key_usage;
	const char *ext_key_usage;
	const char *name_constraints;
	bool no_key_ids; /* no subject and authority key identifiers */
	const EVP_MD *digest;
	void (*change)(X509 *cert); /* the last word before it is signed */
};

/* What a leaf, or a CA, looks like when nothing is wrong with it. */
struct ca_spec ca_leaf_spec(const char *common_name, EVP_PKEY *key, const char *san);
struct ca_spec ca_issuer_spec(const char *common_name, EVP_PKEY *key);

/* Issuer NULL: self-signed. Owned. */
X509 *ca_issue(const struct ca_spec *spec, X509 *issuer, EVP_PKEY *issuer_key);

/* Owned. */
EVP_PKEY *ca_ec_key(const char *curve);
EVP_PKEY *ca_rsa_key(unsigned bits, unsigned long exponent);

/* RSA public keys for which nobody has the private half: this exponent, or this modulus. Owned. */
EVP_PKEY *ca_odd_exponent_key(unsigned long exponent);
EVP_PKEY *ca_modulus_key(const BIGNUM *n);

/* Appends a PEM request that holds `key`; another key signs, so that any key will do. */
void ca_request(struct buf *pem, EVP_PKEY *key);

/* Adds a subjectAltName with one name of any type and bytes, behind the DNS name `first`. */
void ca_add_raw_name(X509 *cert, const char *first, int type, const void *bytes, int len);

/* Adds an extension with any content, known (by NID) or not. */
void ca_add_raw_extension(X509 *cert, int nid, int critical, const void *bytes, int len);

void ca_der(struct buf *out, X509 *cert);
void ca_pem(struct buf *out, X509 *cert);

#endif
