/*
 * A fuse against our own mistakes and everybody else's: at most three orders for a certificate in
 * a day, as the history has them. Orders cost money and run into limits.
 */
#ifndef AGENT_FUSE_H
#define AGENT_FUSE_H

#include "agent/job.h"

/* ERR_REJECTED, with the time from which an order is made again. */
MUST_USE bool fuse_check(struct job *job, struct err *err);

#endif
