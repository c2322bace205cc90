/*
 * A look at a certificate: what is on disk, whether it is due, and the state that follows.
 */
#ifndef AGENT_LOOK_H
#define AGENT_LOOK_H

#include "agent/job.h"

/* Reads situation, verdict and state of a job. Changes nothing. */
MUST_USE bool look_read(struct job *job, struct err *err);

/* The same at the beginning of a step, after what the configuration has outlived is cleared away.
 */
MUST_USE bool look_tidy(struct job *job, struct err *err);

#endif
