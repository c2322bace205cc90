/*
 * Unpacking of deflate (RFC 1951), as files in a ZIP archive are packed.
 */
#ifndef SIM_INFLATE_H
#define SIM_INFLATE_H

#include "mem.h"

#include <stdbool.h>

/* Unpacks DATA into exactly LENGTH bytes at OUT. False: it is not such data. */
MUST bool inflate_into(
	unsigned char *out, size_t length, const unsigned char *data, size_t data_length);

#endif
