/*
 * Proof that the servers serve a generation: each address that a `verify` item leads to is probed
 * until it shows the generation's leaf and chain. That a reload ended well proves nothing. An
 * address where nobody takes the connection is passed over with a warning, if another one of the
 * same item has proved itself.
 */
#ifndef AGENT_PROVE_H
#define AGENT_PROVE_H

#include "agent/job.h"
#include "agent/view.h"

/* ERR_DEPLOY, naming the address that lags and what it serves. */
MUST_USE bool prove_served(
	struct run *run, const struct conf_cert *cert, const struct view *v, struct err *err);

#endif
