/*
 * Time as the simulator counts, stores and prints it: milliseconds since the epoch, UTC.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT 64

/* Milliseconds since the epoch. */
int64_t clock_now(void);

/* Writes TIME as 2025-05-21T12:24:27.916Z. */
void clock_stamp(char out[CLOCK_TEXT], int64_t time);

/* Reads what clock_stamp() wrote. */
bool clock_parse(int64_t *out, const char *stamp);

/*
 * Writes TIME by PATTERN: one of the names of the API's dateFormat parameter (ISO, US_HMS, ...,
 * in any case) or a pattern of the letters y M d H m s S with text quoted by '. False when the
 * pattern has other letters or the result does not fit.
 */
bool clock_format(char out[CLOCK_TEXT], int64_t time, const char *pattern);

#endif
