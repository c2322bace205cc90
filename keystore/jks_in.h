/*
 * Reading bytes from front to end with every length checked against what is left: numbers are
 * big-endian, as Java's DataOutputStream writes them. Nothing is copied. Private to this room.
 *
 * Each function returns false and leaves its output alone when the bytes do not suffice; the caller
 * knows what to call it. After false the position is of no use any more.
 */
#ifndef KEYSTORE_JKS_IN_H
#define KEYSTORE_JKS_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

/* A part of a file. Borrowed for as long as the file is there. */
struct jks_bytes {
	const unsigned char *data;
	size_t len;
};

/* What is still to be read. */
struct jks_in {
	const unsigned char *at;
	size_t left;
};

/* A number of `width` bytes, at most 8. */
MUST_USE bool jks_in_number(uint64_t *out, struct jks_in *in, size_t width);

/* The next `len` bytes; `out` may be NULL. */
MUST_USE bool jks_in_bytes(struct jks_bytes *out, struct jks_in *in, uint64_t len);

/* A length of `width` bytes, and as many bytes as it says; `out` may be NULL. */
MUST_USE bool jks_in_block(struct jks_bytes *out, struct jks_in *in, size_t width);

/* A number that has to be this one. */
MUST_USE bool jks_in_expect(struct jks_in *in, size_t width, uint64_t value);

/* Whether the bytes are the characters of a string. */
bool jks_bytes_are(const struct jks_bytes *bytes, const char *text);

#endif
