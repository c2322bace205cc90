/*
 * What validate.c is made of: SCM asked how a domain stands, and the step that the state of its
 * validation calls for. Each ends in one write of the domain's file. Nobody else includes this.
 */
#ifndef AGENT_VALIDATE_STEP_H
#define AGENT_VALIDATE_STEP_H

#include "agent/validate.h"

/* Asks, keeps what SCM said, and judges what it means for the work that is under way. */
MUST_USE bool validate_ask(struct validate *w, struct err *err);

/*
 * Takes the step. The state has moved on then, to VALIDATION_IDLE in the end. ERR_PENDING when SCM
 * or somebody else has to do something first, ERR_REJECTED when it is over and went wrong.
 */
MUST_USE bool validate_step(struct validate *w, struct err *err);

/* Ends what SCM has under way for a domain; a refusal means that there is nothing. */
MUST_USE bool validate_clear(
	struct net *net, const struct conf_account *a, const char *domain, struct err *err);

/* What the work depends on in the configuration, as a digest. */
MUST_USE bool validate_way(
	char out[static CSR_SHA256_HEX], const struct conf_dcv *d, struct err *err);

#endif
