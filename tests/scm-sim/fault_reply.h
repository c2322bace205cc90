/*
 * Faults that change what is answered: another answer in the place of the handler's, or the
 * handler's answer spoilt.
 */
#ifndef SIM_FAULT_REPLY_H
#define SIM_FAULT_REPLY_H

#include "fault.h"
#include "reply.h"

/* Whether FAULTS put another answer in the place of the handler's; REPLY is that answer then. */
bool fault_reply_instead(struct reply *reply, const struct faults *faults);

/* Spoils the answer of the handler as FAULTS say. */
void fault_reply_spoil(struct reply *reply, const struct faults *faults);

#endif
