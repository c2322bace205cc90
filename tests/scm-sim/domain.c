/*
 * The domains of the account, with their delegations and the state of their validation.
 */
#include "clock.h"
#include "dcv_state.h"
#include "domain_delegation.h"
#include "handlers.h"
#include "json.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define DAY_MS ((int64_t)86400 * 1000)

/* Whether query parameter NAME is absent, empty or VALUE; PART: or a part of it. */
static bool filter(const struct call *call, const char *name, const char *value, bool part)
{
	const char *wanted = request_query(call->request, name);

	if (!wanted || !*wanted)
		return true;
	return part ? strcasestr(value, wanted) != NULL : !strcasecmp(value, wanted);
}

static bool wanted(const struct call *call, const cJSON *domain)
{
	const char *organization = request_query(call->request, "orgId");

	if (organization && *organization &&
		!account_delegated(call->sim->account, domain, strtoll(organization, NULL, 10)))
		return false;
	return filter(call, "name", json_text(domain, "name", ""),
		       call->sim->switches->substring) &&
	       filter(call, "state", json_text(domain, "state", "ACTIVE"), false) &&
	       filter(call, "status", json_text(domain, "delegationStatus", "ACTIVE"), false);
}

void domain_list(struct call *call)
{
	const cJSON *domain;
	struct page page;

	if (!page_open(&page, call))
		return;
	for (domain = json_first(account_domains(call->sim->account)); domain;
		domain = domain->next) {
		cJSON *entry;

		if (!domain_visible(call, domain) || !wanted(call, domain) || !page_wants(&page))
			continue;
		entry = cJSON_CreateObject();
		json_copy(entry, domain, "id");
		json_copy(entry, domain, "name");
		cJSON_AddItemToArray(page.entries, entry);
	}
	page_send(&page, call);
}

static void add_default(cJSON *view, const char *name, const char *value)
{
	if (!cJSON_HasObjectItem(view, name))
		cJSON_AddStringToObject(view, name, value);
}

static void add_dates(const struct call *call, cJSON *view)
{
	AUTO(text) char *since = call_date(call, call->now - DAY_MS, "yyyy-MM-dd");
	AUTO(text) char *until = call_date(call, call->now + 364 * DAY_MS, "yyyy-MM-dd");

	if (strcmp(json_text(view, "validationStatus", ""), "VALIDATED"))
		return;
	add_default(view, "validationMethod", "CNAME");
	add_default(view, "dcvValidation", since);
	add_default(view, "dcvExpiration", until);
}

cJSON *domain_view(const struct call *call, const cJSON *domain)
{
	cJSON *view = cJSON_Duplicate(domain, true), *monitoring;

	cJSON_DeleteItemFromObjectCaseSensitive(view, "refuse");
	add_default(view, "delegationStatus", "ACTIVE");
	add_default(view, "state", "ACTIVE");
	dcv_state_set(view, "validationStatus",
		cJSON_CreateString(dcv_state_status(call->sim, domain, call->now)));
	add_dates(call, view);
	if (!cJSON_HasObjectItem(view, "delegations"))
		cJSON_AddItemToObject(view, "delegations", delegation_list(call, domain));
	if (!cJSON_HasObjectItem(view, "ctLogMonitoring")) {
		monitoring = cJSON_AddObjectToObject(view, "ctLogMonitoring");
		cJSON_AddBoolToObject(monitoring, "enabled", false);
		cJSON_AddBoolToObject(monitoring, "includeSubdomains", false);
	}
	return view;
}

void domain_details(struct call *call)
{
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	const cJSON *domain = account_domain(call->sim->account, call->id);

	if (domain && domain_visible(call, domain))
		reply_json(call->reply, 200, domain_view(call, domain));
	else
		reply_error(call->reply, 404, -727, id);
}

void domain_count(struct call *call)
{
	const cJSON *domain;
	int count = 0;
	cJSON *answer;

	for (domain = json_first(account_domains(call->sim->account)); domain;
		domain = domain->next)
		count += domain_visible(call, domain) && wanted(call, domain);
	answer = cJSON_CreateObject();
	cJSON_AddNumberToObject(answer, "count", count);
	reply_json(call->reply, 200, answer);
}
