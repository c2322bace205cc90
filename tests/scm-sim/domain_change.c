/*
 * Calls that make and change domains: the entries of the account's list "domains".
 */
#include "body.h"
#include "domain_delegation.h"
#include "handlers.h"
#include "json.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define FIRST_ID 400

cJSON *domain_to_change(const struct call *call, int64_t id)
{
	AUTO(text) char *text = mem_format("%" PRId64, id);
	cJSON *domain = store_find(call, "domains", id);

	if (!domain || !domain_visible(call, domain)) {
		reply_error(call->reply, 400, -727, text);
		return NULL;
	}
	return domain;
}

/* Whether NAME (a wildcard may begin it) can be a new domain. False: the reply refuses it. */
static bool check_name(const struct call *call, const cJSON *domains, const char *name)
{
	const cJSON *domain;

	if (!names_valid_host(name) || !strchr(name, '.'))
		return reply_error(call->reply, 400, -732, NULL);
	for (domain = json_first(domains); domain; domain = domain->next)
		if (!strcasecmp(json_text(domain, "name", ""), name))
			return reply_error(call->reply, 400, -700, NULL);
	return true;
}

static bool read_delegations(cJSON **out, const struct call *call)
{
	AUTO(json) cJSON *list = cJSON_CreateArray();
	const cJSON *given = NULL, *item;

	if (!body_array(&given, call, "delegations"))
		return false;
	if (!json_first(given))
		return reply_error(call->reply, 400, -709, NULL);
	for (item = json_first(given); item; item = item->next) {
		cJSON *delegation = delegation_read(call, item);

		if (!delegation)
			return false;
		cJSON_AddItemToArray(list, delegation);
	}
	*out = TAKE(list);
	return true;
}

void domain_create(struct call *call)
{
	static const char *const copied[] = { "name", "description", "ctLogMonitoring", NULL };
	cJSON *domains = store_list(call, "domains");
	cJSON *delegations = NULL, *domain;
	const char *name = "";
	int64_t id;

	if (!body_text(&name, call, "name"))
		return;
	if (!*name) {
		reply_missing(call->reply, "name");
		return;
	}
	if (!check_name(call, domains, name) || !read_delegations(&delegations, call))
		return;
	id = store_next_id(domains, FIRST_ID);
	domain = cJSON_CreateObject();
	cJSON_AddNumberToObject(domain, "id", (double)id);
	store_copy(domain, call->body, copied);
	cJSON_AddStringToObject(
		domain, "state", json_bool(call->body, "active", true) ? "ACTIVE" : "INACTIVE");
	cJSON_AddStringToObject(domain, "validationStatus", "NOT_VALIDATED");
	cJSON_AddItemToObject(domain, "delegations", delegations);
	cJSON_AddItemToArray(domains, domain);
	store_created(call, "/api/domain/v1/%" PRId64, id);
}

/* Whether an order for DOMAIN, or for a name below it, has a certificate that is still good. */
static bool in_use(const struct call *call, const cJSON *domain)
{
	const struct orders *orders = call->sim->orders;

	for (size_t i = 0; i < orders_count(orders); i++) {
		const struct order *order = orders_at(orders, i);
		const char *name = json_text(order->accepted, "commonName", "");

		if (!strcmp(order_status(order, call->now), "Issued") &&
			account_domain_of(call->sim->account, name,
				json_int(order->accepted, "orgId", 0)) == domain)
			return true;
	}
	return false;
}

void domain_delete(struct call *call)
{
	cJSON *domain = domain_to_change(call, call->id);

	if (!domain)
		return;
	if (in_use(call, domain)) {
		reply_error(call->reply, 400, -740, NULL);
		return;
	}
	cJSON_Delete(cJSON_DetachItemViaPointer(store_list(call, "domains"), domain));
	store_done(call, 204);
}

static void set_state(struct call *call, const char *state)
{
	cJSON *domain = domain_to_change(call, call->id);

	if (!domain)
		return;
	store_put(domain, "state", cJSON_CreateString(state));
	store_done(call, 200);
}

void domain_activate(struct call *call)
{
	set_state(call, "ACTIVE");
}

void domain_suspend(struct call *call)
{
	set_state(call, "SUSPENDED");
}

void domain_monitoring(struct call *call)
{
	cJSON *domain = domain_to_change(call, call->id);

	if (!domain)
		return;
	store_put(domain, "ctLogMonitoring", cJSON_Duplicate(call->body, true));
	store_done(call, 200);
}
