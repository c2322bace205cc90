/*
 * What a PKCS #12 file holds, bag by bag, and which of it makes up the entry with our alias: the
 * key, its certificate, and what of the chain no other entry needs. Java's rules count
 * (sun.security.pkcs12.PKCS12KeyStore): a certificate belongs to the key with its localKeyID or its
 * name, and chains go by the names of issuers. Nothing is changed here. Private to this room.
 */
#ifndef KEYSTORE_P12_OLD_H
#define KEYSTORE_P12_OLD_H

#include "keystore/p12_file.h"

/* All borrowed from the struct p12_old. */
struct p12_item {
	const PKCS12_SAFEBAG *bag;
	X509 *cert; /* NULL for other bags */
	int safe;   /* its place in file.safes, and in `bags` */
	bool goes;  /* makes room for the new entry */
};

/* Owned as a whole: p12_old_close(). All zero: an empty file. */
struct p12_old {
	struct p12_file file;
	p12_bags *bags[P12_BAGS_MAX]; /* of each safe */
	STACK_OF(X509) * certs;
	struct p12_item item[P12_BAGS_MAX];
	size_t n;
};

/* ERR_KEYSTORE: also for a safe within a safe, which nobody writes. */
MUST_USE bool p12_old_open(struct p12_old *out, const void *data, size_t len,
	const struct secret *password, struct err *err);

void p12_old_close(struct p12_old *old);
AUTO_DEFINE_REF(p12_old, struct p12_old, p12_old_close);

/* Sets `goes`. ERR_KEYSTORE when the alias is that of something else, or of several keys. */
MUST_USE bool p12_old_mark(struct p12_old *old, const char *alias, struct err *err);

/* A certificate that is neither an entry of its own nor that of a key: one of some chain. */
bool p12_is_of_chain(const struct p12_item *item);

/* The localKeyID; NULL when it has none. */
const ASN1_OCTET_STRING *p12_key_id(const struct p12_item *item);

#endif
