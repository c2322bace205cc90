/*
 * Text to values: whole strings only, ranges checked, nothing guessed. Each returns false and
 * leaves the output alone when the text is anything else; the caller knows what to call it.
 */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

/* Decimal digits only, no sign, no blanks; min <= value <= max. */
MUST_USE bool parse_uint(uint64_t *out, const char *s, uint64_t min, uint64_t max);

/* yes/no, true/false, on/off, 1/0, without case. */
MUST_USE bool parse_bool(bool *out, const char *s);

/* "90s", "15m", "12h", "30d": seconds. A unit is required, except for a bare 0. At most 100 years.
 */
MUST_USE bool parse_duration(int64_t *out, const char *s);

/* Octal permission bits, "0640"; at most 0777. */
MUST_USE bool parse_mode(unsigned *out, const char *s);

/* Hexadecimal digits in pairs into `out`, exactly `len` bytes. */
MUST_USE bool parse_hex(void *out, size_t len, const char *s);

#endif
