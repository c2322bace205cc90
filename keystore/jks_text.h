/*
 * Text as Java key stores have it: passwords are hashed in UTF-16BE, aliases are stored in modified
 * UTF-8 (java.io.DataInput: a NUL takes two bytes, and what is beyond U+FFFF is a pair of
 * surrogates of three bytes each). Here all text is UTF-8. Private to this room.
 */
#ifndef KEYSTORE_JKS_TEXT_H
#define KEYSTORE_JKS_TEXT_H

#include "base/buf.h"
#include "keystore/jks_in.h"

struct secret;

#define JKS_PASSWORD_MAX 8192 /* bytes in UTF-16BE */

/*
 * Appends the password in UTF-16BE, for a buffer that is wiped. One that is not UTF-8 is taken for
 * ISO 8859-1, as OpenSSL does for PKCS #12.
 */
MUST_USE bool jks_text_password(struct buf *out, const struct secret *password, struct err *err);

/*
 * A string with two bytes of length before it, in UTF-8. Owned: free(). False, and *out is left
 * alone, unless it is well-formed and without a NUL.
 */
MUST_USE bool jks_text_take(char **out, struct jks_in *in);

/* The way back, for a buffer to be checked later: it fails for text that is not UTF-8. */
void jks_text_put(struct buf *out, const char *text);

#endif
