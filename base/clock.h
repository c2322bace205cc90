/*
 * Time: the wall clock for dates, a clock that never jumps for waiting, and their text forms.
 *
 * Time is an input: decisions take `now` as an argument and ask nothing here. Wall times are
 * seconds since 1970 in UTC (int64_t, so that 2106 is no limit either).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

int64_t clock_now(void);

/* CLOCK_BOOTTIME in milliseconds: goes on during suspend, does not follow the wall clock. */
int64_t clock_ms(void);

/* The time at which this program was built: no sane clock is earlier. */
int64_t clock_built(void);

/* "2026-11-21T09:00:00Z" (RFC 3339). The buffer belongs to the caller. */
#define CLOCK_TEXT_MAX 48
const char *clock_format(char out[static CLOCK_TEXT_MAX], int64_t t);

/* The same form read back; false when it is anything else. */
MUST_USE bool clock_parse(int64_t *out, const char *s);

/* The beginning of the day that a text starts with, "2025-05-22"; 0 for anything else. */
int64_t clock_parse_day(const char *s);

/* "3d 4h", "12m", "45s": the two largest units, for people. Negative times get a minus sign. */
const char *clock_format_span(char out[static CLOCK_TEXT_MAX], int64_t seconds);

#endif
