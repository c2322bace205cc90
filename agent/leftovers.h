/*
 * What nobody looks after: certificates in the state directory whose section has gone from the
 * configuration, and orders that go on at SCM without us.
 */
#ifndef AGENT_LEFTOVERS_H
#define AGENT_LEFTOVERS_H

#include "agent/conf.h"
#include "agent/store.h"

/* What there is to say about one; the argument is its name. */
#define LEFTOVERS_NOTE "not configured, so not renewed; scm-agent forget %.64s takes it away"

/* Adds their names, in the order of their bytes. */
MUST_USE bool leftovers_list(
	struct strlist *out, const struct conf *conf, struct store *store, struct err *err);

/* Warns of the order in pending/NAME, which is about to be given up. None is fine. */
MUST_USE bool leftovers_warn_of_order(struct store *store, const char *name, struct err *err);

#endif
