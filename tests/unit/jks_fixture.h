/*
 * Java key stores for tests, good or bad, from a table of wishes. Any failure to make what was
 * asked for ends the test program. That Java sees them the same way is what jks_vectors.h and the
 * tests with keytool are for.
 */
#ifndef JKS_FIXTURE_H
#define JKS_FIXTURE_H

#include "base/buf.h"
#include "base/ossl.h"
#include "keystore/jks.h"

#define JKS_FILE_MAX 65536
#define JKS_MANY 5
#define JKS_BOMB 2147483647

struct jks_item {
	enum jks_kind kind;	  /* 0 ends the items */
	const char *alias;	  /* as it is to be in the file */
	EVP_PKEY *key;		  /* borrowed, as are the certificates */
	const char *key_password; /* NULL: the store's */
	const char *oid;	  /* NULL: of the algorithm that fits the file */
	X509 *cert[JKS_MANY];
};

struct jks_spec {
	bool jceks;
	unsigned version;     /* 0: 2 */
	const char *password; /* ASCII */
	long rounds;	      /* of JCEKS; 0: 1. With JKS_BOMB the key is not sealed at all */
	struct jks_item item[JKS_MANY];
};

void jks_make(struct buf *out, const struct jks_spec *spec);

/* Makes the digest at the end fit again, after a change. */
void jks_fix_digest(char *file, size_t len, const char *password);

/* Appends a big-endian number. */
void jks_put(struct buf *out, size_t width, uint64_t n);

/* Appends what is in base64. */
void jks_put_base64(struct buf *out, const char *text);

/* Appends a secret key of JCEKS, as ObjectOutputStream writes it. */
void jks_put_object(struct buf *out);

#endif
