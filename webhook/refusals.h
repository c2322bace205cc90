/*
 * What is logged of requests that were refused: one line a minute at most, however many there are.
 */
#ifndef WEBHOOK_REFUSALS_H
#define WEBHOOK_REFUSALS_H

#include <stdint.h>

#include "base/err.h"

#define REFUSALS_KINDS 8

struct refusals {
	struct {
		unsigned status; /* of HTTP; 0: not used */
		uint64_t n;
	} kind[REFUSALS_KINDS];
	char last[ERR_TEXT_MAX];
	uint64_t n;   /* since the last line */
	int64_t next; /* no line before */
};

/* `why` holds nothing of the request. */
void refusals_note(struct refusals *r, unsigned status, const char *why);

/* Logs when there is something to say and a minute has passed since the last line. */
void refusals_report(struct refusals *r, int64_t now);

/* When refusals_report() has something to do next, INT64_MAX for never. */
int64_t refusals_next(const struct refusals *r);

#endif
