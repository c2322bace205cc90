/*
 * Moves the validation of one domain on: asks SCM, begins, publishes, looks, submits, and takes
 * away what was published. The table in validate_step.c is its life. A step is idempotent and ends
 * in one write of the domain's file (validation.h); a run that dies in it leaves the state before.
 *
 * SCM is always asked how the domain stands before anything is done about it.
 */
#ifndef AGENT_VALIDATE_H
#define AGENT_VALIDATE_H

#include "agent/job.h"
#include "agent/validation.h"

struct validate {
	struct run *run; /* borrowed, as the next two */
	const struct conf_dcv *conf;
	const char *domain;
	bool by_hand; /* SCM is asked in any case, and no pause is kept */
	bool anew;    /* gives up what is under way, and begins although nothing is due */

	struct validation v; /* after the last pass */
	struct answer said;  /* of SCM about its status */
	bool asked;	     /* in this pass */
	bool moved;	     /* something was published or submitted */
	struct err err;	     /* why the last pass did not come to the end; ERR_NONE when it did */
};

void validate_dispose(struct validate *w);
AUTO_DEFINE_REF(validate, struct validate, validate_dispose);

/*
 * Goes on until the domain is validated and not due: true. Otherwise w->err says why: ERR_PENDING
 * while something has to be waited for, anything else is a failure, which is remembered together
 * with the pause before the next attempt. Under the lock.
 */
bool validate_pass(struct validate *w);

/*
 * Ends the work on a domain: at SCM when the account is still configured, and where it was
 * published. `domain` may be configured no more.
 */
MUST_USE bool validate_give_up(struct run *run, struct validation *v, struct err *err);

#endif
