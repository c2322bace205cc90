/*
 * The bytes of a record, written and read by the same description: a record is one function that
 * names its fields in order, and the codec either appends them or takes them off. So the two ways
 * can't drift apart.
 *
 * Not for anything but wire.c's records. A failure is sticky: later fields do nothing, and one
 * check at the end suffices. Integers are in network order; a string is its length, its bytes and
 * a NUL; decoded strings and bytes are borrowed from the input.
 */
#ifndef SCM_CODEC_H
#define SCM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "scm/wire.h"

struct codec {
	struct buf *out; /* NULL while decoding */
	const char *in;	 /* decoding: what is left */
	size_t left;
	const char *wrong; /* name of the first field that was out of order, or NULL */
};

#define CODEC_WRITE(buffer) ((struct codec) { .out = (buffer) })
#define CODEC_READ(bytes, length) ((struct codec) { .in = (bytes), .left = (length) })

/* Marks the record as bad at `field` unless `fine`; false once anything was bad. */
bool codec_check(struct codec *c, bool fine, const char *field);

/* An integer of 4 or 8 bytes, min <= value <= max. The value stays as it was on failure. */
void codec_u32(struct codec *c, uint32_t *value, uint32_t min, uint32_t max, const char *field);
void codec_u64(struct codec *c, uint64_t *value, uint64_t max, const char *field);
void codec_bool(struct codec *c, bool *value, const char *field);

/* A string of at most `max` bytes. NULL is written as "". */
void codec_str(struct codec *c, const char **value, size_t max, const char *field);

/* The same for text that a person will read: no control bytes. */
void codec_text(struct codec *c, const char **value, size_t max, const char *field);

/* Between min and max bytes of anything. */
void codec_bytes(
	struct codec *c, struct wire_bytes *value, size_t min, size_t max, const char *field);

/* ERR_INTERNAL (writing) or ERR_PROTOCOL (reading) unless the whole was in order and used up. */
MUST_USE bool codec_end(const struct codec *c, const char *what, struct err *err);

#endif
