/*
 * Carries out what key_plan.h decided: puts the key, or the reference to it, beside the intent that
 * names it. Idempotent; the key appears there whole, by one rename.
 */
#ifndef AGENT_KEY_TAKE_H
#define AGENT_KEY_TAKE_H

#include "agent/job.h"

/* `dir` is pending/NAME, where `intent` stands. */
MUST_USE bool key_take(struct job *job, const struct record *intent, int dir, struct err *err);

#endif
