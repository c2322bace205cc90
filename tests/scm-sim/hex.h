/*
 * Bytes as text: hexadecimal digits, digests, base64 and serial numbers.
 */
#ifndef SIM_HEX_H
#define SIM_HEX_H

#include "err.h"

#include <openssl/asn1.h>
#include <stdint.h>

/* An owned string of two DIGITS (upper or lower case set) a byte, with SEPARATOR unless 0. */
char *hex_text(const unsigned char *data, size_t length, bool upper, char separator);

/* The lower-case SHA-256 of DATA; owned. */
char *hex_sha256(const void *data, size_t length);

/* Base64 on one line; owned. */
char *base64_text(const void *data, size_t length);

/* Decodes base64 with any white space inside; owned bytes, at least one. */
MUST bool base64_parse(unsigned char **out, size_t *length, const char *text, size_t text_length);

/* SERIAL as upper-case hexadecimal digits; owned. */
char *serial_text(const ASN1_INTEGER *serial);

/* SERIAL as the API prints it, upper case with colons; owned. */
char *serial_colons(const char *serial);

/*
 * TEXT (colons, 0x, case and leading zeros as a caller likes) as serial_text() has it; owned. NULL
 * when it is no hexadecimal number.
 */
char *serial_normal(const char *text);

/* LENGTH random letters and digits; owned. */
char *random_text(size_t length);

#endif
