/*
 * Making keys and certificates: whatever is asked for is made, sound or not; which certificates are
 * wanted is decided in ca.c and issue.c.
 */
#ifndef SIM_CERT_H
#define SIM_CERT_H

#include "err.h"
#include "names.h"

#include <time.h>

struct cert_spec {
	EVP_PKEY *key;		   /* the subject's key, or one with its public half */
	const char *organization;  /* may be NULL */
	const char *common_name;   /* may be NULL; left out when longer than a subject allows */
	const struct names *names; /* may be NULL */
	time_t not_before, not_after;
	const char *basic_constraints; /* in OpenSSL's configuration syntax */
	const char *key_usage;
	const char *extended_key_usage; /* may be NULL */
	const EVP_MD *digest;		/* NULL: SHA-256 */
	bool unknown_critical;		/* add a critical extension that nobody knows */
};

/* Who signs: a certificate (NULL: the new one itself) and its key. */
struct cert_issuer {
	X509 *cert;
	EVP_PKEY *key;
};

/* A fresh key: "rsa:BITS" or "ec:P-256", "ec:P-384", "ec:P-521". */
MUST bool cert_key(EVP_PKEY **out, const char *type, struct err *err);

/* A certificate with a random 128-bit serial number. */
MUST bool cert_make(X509 **out, const struct cert_spec *spec, const struct cert_issuer *issuer,
	struct err *err);

/* The SubjectPublicKeyInfo's SHA-256 in lower case; owned. */
char *cert_spki_sha256(EVP_PKEY *key);

/* "RSA" or "EC" in ALGORITHM, and the size or curve as a profile names it (2048, P-256); owned. */
char *cert_key_param(const char **algorithm, const EVP_PKEY *key);

/* NAME as RFC 2253 writes it; owned. */
char *cert_name_text(const X509_NAME *name);

/* CERT in DER; owned, freed with OPENSSL_free(). */
unsigned char *cert_der(size_t *length, const X509 *cert);

#endif
