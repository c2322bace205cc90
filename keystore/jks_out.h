/*
 * Writing what jks_in.h reads: big-endian numbers, and bytes with their length before them. Nothing
 * is checked here; the buffer tells at the end whether all went in. Private to this room.
 */
#ifndef KEYSTORE_JKS_OUT_H
#define KEYSTORE_JKS_OUT_H

#include <stdint.h>

#include "base/buf.h"

/* A number of `width` bytes, at most 8. */
void jks_out_number(struct buf *out, size_t width, uint64_t n);

/* A length of `width` bytes, and as many bytes as it says. */
void jks_out_block(struct buf *out, size_t width, const void *data, size_t len);

#endif
