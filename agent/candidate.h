/*
 * A new certificate for a login, until SCM knows it. SCM binds a login to one serial number, which
 * only a person changes there, and counts refused logins. So a deployment lets the new one, the
 * candidate, log in before anything is switched. Refused, it waits, and the old one is used:
 * `unaccepted` in the generation says since when, and by which account. It is tried again by hand,
 * and once more when that account's old one is refused or has expired, since that is what a changed
 * number looks like from here. When both are refused, nothing is tried any more until a person has
 * changed something (refusal.h).
 */
#ifndef AGENT_CANDIDATE_H
#define AGENT_CANDIDATE_H

#include "agent/job.h"
#include "agent/targets.h"

/*
 * Whether each account that logs in with this certificate can do so by that generation, whose files
 * are made; asks SCM unless it is in use already. ERR_PENDING: SCM refuses it, the old one stays;
 * ERR_AUTH: it refuses both; else why SCM could not be asked. For other certificates true.
 */
MUST_USE bool candidate_prove(struct run *run, const struct conf_cert *cert, const char *generation,
	const struct targets *made, struct err *err);

/* A generation has been put in place: what logs in from now on logs in with it. */
MUST_USE bool candidate_took_over(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err);

/*
 * True when the newest generation was refused, by an account that logs in with this certificate
 * still, and is not to be tried now; `why` says what has to be done.
 */
bool candidate_waits(const struct job *job, struct err *why);

/*
 * Asks SCM with the old one, when there is a candidate that waits: job->lapsed when that has come
 * to its end, and the candidate was not tried since. Of one whose refusal was the second: when a
 * person has changed something since. Then it does not wait in this run; when it can't be tried,
 * the next one finds the same.
 */
void candidate_look(struct job *job);

#endif
