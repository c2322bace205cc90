/*
 * What is logged of requests: at most one line a minute for hints and one for refusals, however
 * many there are, and nothing of what a request held but the number of a hint.
 */
#ifndef WEBHOOK_TALLY_H
#define WEBHOOK_TALLY_H

#include <stdint.h>

#include "base/err.h"

#define TALLY_KINDS 8

struct tally {
	struct {
		unsigned status; /* of HTTP; 0: not used */
		uint64_t n;
	} kind[TALLY_KINDS];
	uint64_t refused;
	char why[ERR_TEXT_MAX]; /* the last one was refused */
	uint64_t hints;
	uint64_t id;	    /* of the last one */
	int64_t not_before; /* of the next line */
};

void tally_hint(struct tally *t, uint64_t id);

/* `why` holds nothing of the request. */
void tally_refusal(struct tally *t, unsigned status, const char *why);

/* Logs when there is something to say and a minute has passed since the last time. */
void tally_report(struct tally *t, int64_t now);

/* Logs what there is to say, for the end. */
void tally_close(struct tally *t);

/* When tally_report() has something to do next, INT64_MAX for never. */
int64_t tally_next(const struct tally *t);

#endif
