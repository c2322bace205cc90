/*
 * How the orders of this host stand at SCM: asked for with the lists, kept in cache/ for `show`,
 * and the way in which a revocation that others made becomes known here.
 */
#ifndef AGENT_STANDING_H
#define AGENT_STANDING_H

#include "agent/job.h"
#include "agent/table.h"

/*
 * Asks for the order of each live certificate of the account, notes those that are revoked, and
 * writes what SCM said. An order that SCM does not know is no failure. Under the lock.
 */
MUST_USE bool standing_refresh(struct run *run, const struct conf_account *a, struct err *err);

/*
 * What SCM said last about the order `id`: its status as SCM spells it, "" when it was not asked.
 * Owned: free(). `time` is when.
 */
MUST_USE bool standing_of(char **status, int64_t *time, struct store *store,
	const struct conf_account *a, const char *id, struct err *err);

/* When SCM was asked last; 0 for never. */
int64_t standing_time(struct store *store, const struct conf_account *a);

#endif
