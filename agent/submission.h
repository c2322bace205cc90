/*
 * What is sent to SCM with an order, put together from the intent, the request on disk and the
 * configuration. Sends nothing.
 */
#ifndef AGENT_SUBMISSION_H
#define AGENT_SUBMISSION_H

#include "agent/job.h"

struct submission {
	struct buf csr;
	struct buf names;
	struct buf comments;
	struct buf requesters;
	struct wire_submit
		wire; /* borrows from the rest, from the job and from its configuration */
};

/*
 * Also makes sure that the key is still there: it may have been made in an earlier run. `profile`:
 * its id at SCM. `out` is zeroed at entry.
 */
MUST_USE bool submission_fill(
	struct submission *out, const struct job *job, uint64_t profile, struct err *err);
void submission_dispose(struct submission *s);
AUTO_DEFINE_REF(submission, struct submission, submission_dispose);

#endif
