/*
 * What names a key in a token: its CKA_ID, bytes of any length that PKCS#11 leaves to whoever made
 * the key. The agent's own have KS_ID_NEW bytes; others have what their makers gave them.
 */
#ifndef KEYSTORE_ID_H
#define KEYSTORE_ID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define KS_ID_NEW 16 /* bytes of an id that is chosen here, at random */
#define KS_ID_MAX 64
#define KS_ID_HEX (2 * KS_ID_MAX + 1) /* with the NUL */

struct ks_id {
	unsigned char data[KS_ID_MAX];
	size_t len; /* 1 to KS_ID_MAX; 0 is no id */
};

/* A new one. ERR_INTERNAL. */
MUST_USE bool ks_id_make(struct ks_id *out, struct err *err);

/* Hexadecimal digits of 1 to KS_ID_MAX bytes, in either case. */
MUST_USE bool ks_id_parse(struct ks_id *out, const char *hex);

/* Lower case, the one form that ids are compared in as text. Returns `out`. */
const char *ks_id_format(char out[static KS_ID_HEX], const struct ks_id *id);

bool ks_id_equal(const struct ks_id *a, const struct ks_id *b);

#endif
