/*
 * Making a key that a durable record names already, so that a crash loses none: not in a token
 * either, where nothing but its id tells it from others.
 */
#ifndef AGENT_KEY_MAKE_H
#define AGENT_KEY_MAKE_H

#include "agent/job.h"

/*
 * The key that `what` describes (key_id, label, key_type, key_store), in the directory where that
 * record stands: made unless it is there. A key in a token leaves its URI there.
 */
MUST_USE bool key_make(
	struct run *run, const char *name, const struct record *what, int dir, struct err *err);

#endif
