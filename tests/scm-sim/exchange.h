/*
 * One request and its answer, without the network: what strikes it, who calls, what is done.
 */
#ifndef SIM_EXCHANGE_H
#define SIM_EXCHANGE_H

#include "reply.h"
#include "request.h"
#include "sim.h"

struct exchange {
	enum op op;
	struct faults faults; /* owned: those that strike this request */
	struct reply reply;   /* owned */
};

/* Works on REQUEST: waits as told, then fills what is in EXCHANGE. */
void exchange_run(struct exchange *exchange, struct sim *sim, const struct request *request);

void exchange_clear(struct exchange *exchange);

#endif
