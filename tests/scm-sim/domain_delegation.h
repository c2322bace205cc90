/*
 * Which organizations may order for a domain, as the domain's member "delegations" says; a domain
 * without it is delegated to all.
 */
#ifndef SIM_DOMAIN_DELEGATION_H
#define SIM_DOMAIN_DELEGATION_H

#include "call.h"

/* Whether one of the caller's organizations has DOMAIN. */
bool domain_visible(const struct call *call, const cJSON *domain);

/* Domain ID, borrowed from the account. NULL: the reply says that the caller has none. */
cJSON *domain_to_change(const struct call *call, int64_t id);

/* DOMAIN as the API shows it; owned. */
cJSON *domain_view(const struct call *call, const cJSON *domain);

/* DOMAIN's delegations as the API shows them; owned. */
cJSON *delegation_list(const struct call *call, const cJSON *domain);

/* The delegation that FROM (orgId, certTypes, ...) asks for; owned. NULL: the reply refuses it. */
cJSON *delegation_read(const struct call *call, const cJSON *from);

#endif
