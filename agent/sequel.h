/*
 * How an order follows an earlier one: not at all (enroll), as its renewal, or in its place
 * (replace: the same order with a new key). It is decided when the intent is written, which keeps
 * it: what was decided stays decided, whatever the configuration says by then.
 */
#ifndef AGENT_SEQUEL_H
#define AGENT_SEQUEL_H

#include "agent/job.h"

struct sequel {
	enum wire_submit_kind kind;
	const char *order;  /* the order that it follows; "" with WIRE_ENROLL */
	const char *spki;   /* digest of that order's key */
	const char *reason; /* WIRE_REPLACE */
};

/*
 * Decides for the job's next order and writes it into the intent. A renewal needs a predecessor
 * that is as configured, neither revoked nor with a compromised key; without one it is enrolled.
 */
MUST_USE bool sequel_decide(struct record *intent, const struct job *job, struct err *err);

/* What an intent says. Borrows from it. */
struct sequel sequel_of(const struct record *intent);

#endif
