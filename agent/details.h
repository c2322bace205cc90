/*
 * A look at the order of a certificate that somebody hinted at: whether SCM has it as revoked. Once
 * a run; nothing else comes of it.
 */
#ifndef AGENT_DETAILS_H
#define AGENT_DETAILS_H

#include "agent/job.h"

enum progress details_step(struct job *job, struct err *err);
enum progress details_on_answer(struct job *job, const struct wire_reply *r, struct err *err);

#endif
