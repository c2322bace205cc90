/*
 * What is not kept: old generations, and orders that were given up, each with its key in a token.
 */
#ifndef AGENT_PRUNE_H
#define AGENT_PRUNE_H

#include "agent/job.h"

/*
 * Removes generations beyond keep_generations, their token keys with them. The live one, the
 * newest one and the newest deployed one stay. A token that can't be opened only keeps its keys.
 * As many orders that were given up stay, and all whose certificate may still be issued: but for
 * those that SCM refused, thirty days.
 */
MUST_USE bool prune_all(struct run *run, const struct conf_cert *cert, struct err *err);

#endif
