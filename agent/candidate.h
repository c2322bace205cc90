/*
 * A new certificate for a login, until SCM knows it. SCM binds a login to one serial number, which
 * only a person changes there, and counts refused logins. So a deployment lets the new one, the
 * candidate, log in before anything is switched. Refused, it waits, and the old one is used:
 * `unaccepted` in the generation says since when. It is tried again by hand, and once more when the
 * old one is refused or has expired, since that is what a changed number looks like from here. When
 * both are refused, nothing is tried any more (refusal.h).
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

/* True when the newest generation was refused and is not to be tried now; `why` is what SCM said.
 */
bool candidate_waits(const struct job *job, struct err *why);

/*
 * Asks SCM with the old one, when there is a candidate that waits: true when that has come to its
 * end, and the candidate was not tried since. Then it does not wait any more.
 */
bool candidate_lapsed(struct job *job);

/* Lets a candidate that waits be tried again. */
MUST_USE bool candidate_again(struct job *job, struct err *err);

#endif
