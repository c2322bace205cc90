/*
 * Giving up the order in work, whatever the reason: a key that was made ahead for it goes back
 * first, since its digest may be published.
 */
#ifndef AGENT_GIVE_UP_H
#define AGENT_GIVE_UP_H

#include "agent/situation.h"

/* store_discard(), for what never left this host. */
MUST_USE bool give_up_work(
	struct store *store, const char *name, const struct situation *s, struct err *err);

/* store_abandon(), for an order that SCM may know. */
MUST_USE bool give_up_order(
	struct store *store, const char *name, const struct situation *s, struct err *err);

#endif
