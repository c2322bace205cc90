/*
 * A PKCS #12 file (RFC 7292) as far as reading and rewriting it have in common: its integrity, its
 * safes one by one, and the names of what is in them. Work is bounded before it is done. Private to
 * this room.
 */
#ifndef KEYSTORE_P12_FILE_H
#define KEYSTORE_P12_FILE_H

#include <openssl/pkcs12.h>

#include "base/buf.h"
#include "base/ossl.h"

struct secret;

#define P12_BAGS_MAX 256 /* of a whole file */

typedef STACK_OF(PKCS12_SAFEBAG) p12_bags;
typedef STACK_OF(PKCS7) p12_safes;

void p12_bags_free(p12_bags *bags);
void p12_safes_free(p12_safes *safes);
AUTO_DEFINE(p12_bags, p12_bags *, p12_bags_free);
AUTO_DEFINE(p12_safes, p12_safes *, p12_safes_free);

struct p12_file {
	const char *password; /* borrowed; NULL and "" are different keys in PKCS #12 */
	size_t password_len;
	long budget;	  /* of rounds, KS_PKCS12_ITERATIONS_MAX at first */
	p12_safes *safes; /* owned */
};

/* Borrows the password for as long as *out lives; owned: p12_close(). ERR_KEYSTORE. */
MUST_USE bool p12_open(struct p12_file *out, const void *data, size_t len,
	const struct secret *password, struct err *err);

void p12_close(struct p12_file *f);
AUTO_DEFINE_REF(p12_file, struct p12_file, p12_close);

/* The bags of one safe. Owned. ERR_KEYSTORE. */
MUST_USE bool p12_unpack(p12_bags **out, struct p12_file *f, PKCS7 *safe, struct err *err);

/* The friendlyName in UTF-8; nothing when it has none. */
void p12_add_name(struct buf *out, const PKCS12_SAFEBAG *bag);

/* Gives it one. False, with OpenSSL's queue filled, when memory is short. */
MUST_USE bool p12_set_name(PKCS12_SAFEBAG *bag, const char *name);

/* Java stores aliases in lower case whatever they were. */
bool p12_has_name(const PKCS12_SAFEBAG *bag, const char *name);

#endif
