/*
 * Orders that SCM refused: held, so that nothing more is asked until what is ordered changes in the
 * configuration, or until `reset`.
 */
#ifndef AGENT_HOLD_H
#define AGENT_HOLD_H

#include "agent/job.h"

/* Remembers the refusal. `dead`: the order itself has come to its end, so that another try takes
 * another order. */
MUST_USE bool hold_set(struct job *job, const struct err *why, bool dead, struct err *err);

/* Says so. JOB_FAILED. */
enum progress hold_step(struct job *job, struct err *err);

/* Whether there is a hold that was for a configuration that is no more. */
MUST_USE bool hold_outlived(bool *out, const struct job *job, struct err *err);

/*
 * Ends a hold, for another try: a dead order is moved to the archive, work that SCM never saw is
 * thrown away, and an order that may yet be issued goes on.
 */
MUST_USE bool hold_release(
	struct store *store, const struct situation *s, const char *name, struct err *err);

#endif
