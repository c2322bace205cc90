/*
 * PKCS #12 files for tests, good or bad, from a table of wishes. Any failure to make what was asked
 * for ends the test program.
 */
#ifndef P12_FIXTURE_H
#define P12_FIXTURE_H

#include <openssl/pkcs12.h>

#include "base/buf.h"
#include "base/ossl.h"

#define P12_MANY 4
#define P12_BOMB 2147483647

/* Which count of rounds is set to P12_BOMB after the file was made. */
enum p12_bomb { P12_NO_BOMB, P12_BOMB_MAC, P12_BOMB_CERTS, P12_BOMB_KEY };

struct p12_spec {
	const char *password;	  /* NULL is a password of its own in PKCS #12 */
	const char *key_password; /* NULL: the same */
	EVP_PKEY *key[P12_MANY];  /* borrowed, as are the certificates; the first NULL ends them */
	const char *name[P12_MANY];
	X509 *cert[P12_MANY + 1];
	bool no_mac;
	bool odd_mac; /* its algorithm is not a digest */
	bool plain;   /* keys and certificates are not encrypted */
	enum p12_bomb bomb;
};

/* Appends the DER. */
void p12_make(struct buf *out, const struct p12_spec *spec);

/* PBES2 with PBKDF2 of so many rounds, or with scrypt for 0. Owned: X509_ALGOR_free(). */
X509_ALGOR *p12_algorithm(int rounds);

/* Appends an "ENCRYPTED PRIVATE KEY" block; then another algorithm is written over it, if any. */
void p12_sealed_pem(
	struct buf *out, EVP_PKEY *key, const char *password, const X509_ALGOR *algorithm);

#endif
