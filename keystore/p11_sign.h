/*
 * Signatures made by a token: which mechanism, and the forms that OpenSSL wants them in. Private to
 * this room.
 */
#ifndef KEYSTORE_P11_SIGN_H
#define KEYSTORE_P11_SIGN_H

#include "base/ossl.h"
#include "keystore/p11.h"

struct secret;

/* A private key in a token. A plain record; all in it is borrowed from the opened token. */
struct p11_key {
	struct p11 p11;
	CK_OBJECT_HANDLE object;
	const struct secret *pin; /* for keys that want it at each use (CKA_ALWAYS_AUTHENTICATE) */
	bool *pin_refused;	  /* set when one of them would not take it */
};

/* How to sign. For PSS the digest is SHA-256, SHA-384 or SHA-512. */
struct p11_scheme {
	enum { P11_RSA_PKCS1, P11_RSA_PSS, P11_ECDSA } kind;
	unsigned bits; /* of the key: a longer digest is cut for ECDSA (FIPS 186-5 6.4.1) */
	int digest;    /* NID */
	int salt_len;  /* of PSS */
};

/*
 * Signs a digest. *len is the room in `out`, and the length afterwards: of an RSA signature, or of
 * the DER of an ECDSA one (RFC 3279 2.2.3). On failure the reason is in OpenSSL's queue, alone.
 */
MUST_USE bool p11_sign(unsigned char *out, size_t *len, const struct p11_key *key,
	const struct p11_scheme *scheme, const unsigned char *hash, size_t hash_len);

/*
 * The AlgorithmIdentifier of the scheme (RFC 4055, RFC 5758), for what is signed. NULL: short of
 * memory. Owned: X509_ALGOR_free().
 */
X509_ALGOR *p11_scheme_algorithm(const struct p11_scheme *scheme);

#endif
