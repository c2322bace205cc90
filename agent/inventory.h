/*
 * What an SCM account offers: organizations, profiles, custom fields, domains, and the state of the
 * orders that this host manages. Asked for once a week and when something is about to be ordered,
 * and kept in cache/, so that names resolve offline and mistakes are found before an order.
 *
 * The lists are SCM's; whoever may not see one has none, and nothing is judged by it then. The
 * Enrollment API has no lists: there is nothing to keep, and its REST account judges by itself.
 */
#ifndef AGENT_INVENTORY_H
#define AGENT_INVENTORY_H

#include "agent/job.h"
#include "agent/table.h"

#define INVENTORY_PERIOD (7 * 86400)

/* All pages of a list. `what` says which; its position is ignored. ERR_REJECTED, ... as net_call().
 */
MUST_USE bool inventory_list(struct table *out, struct net *net, const struct conf_account *a,
	const struct wire_list *what, struct err *err);

/* Lists everything that is kept, and writes it. Under the lock. */
MUST_USE bool inventory_refresh(struct run *run, const struct conf_account *a, struct err *err);

/* A list out of the cache. */
MUST_USE bool inventory_load(struct table *out, bool *found, struct store *store,
	const struct conf_account *a, enum wire_list_kind kind, struct err *err);

/* Whether a week has passed since the last refresh; each host has its own hour. */
bool inventory_due(struct store *store, const struct conf_account *a, uint64_t host, int64_t now);

/*
 * Everything a week asks for: the lists, and whether the live certificates of this account are
 * revoked at SCM (agent/revocation.h keeps what was found). Under the lock.
 */
MUST_USE bool inventory_keep(struct run *run, const struct conf_account *a, struct err *err);

/*
 * Before an order: the profile's id, by number or by name. What it is judged by, profiles and
 * custom fields, is refreshed first when it is older than a week or refuses the certificate; lists
 * that allow it will do as long as SCM can't give newer ones. ERR_CONFIG says what SCM would
 * refuse: an unknown or ambiguous profile, its term, its key types, a mandatory custom field.
 */
MUST_USE bool inventory_profile(
	uint64_t *id, struct run *run, const struct conf_cert *cert, struct err *err);

#endif
