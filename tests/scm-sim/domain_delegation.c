#include "domain_delegation.h"

#include "body.h"
#include "handlers.h"
#include "json.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>

/* A caller who is bound to organizations can only request; the others decide. */
static bool decides(const struct call *call)
{
	return !cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(call->login, "organizations"));
}

bool domain_visible(const struct call *call, const cJSON *domain)
{
	const cJSON *ids = cJSON_GetObjectItemCaseSensitive(call->login, "organizations");
	const cJSON *id;

	if (decides(call))
		return true;
	for (id = json_first(ids); id; id = id->next)
		if (account_delegated(call->sim->account, domain, (int64_t)id->valuedouble))
			return true;
	return false;
}

static cJSON *delegation(int64_t organization)
{
	cJSON *entry = cJSON_CreateObject();
	cJSON *privileges = json_one_text("DOMAIN");

	cJSON_AddNumberToObject(entry, "orgId", (double)organization);
	cJSON_AddItemToObject(entry, "certTypes", json_one_text("SSL"));
	cJSON_AddItemToArray(privileges, cJSON_CreateString("SUBDOMAIN"));
	cJSON_AddItemToObject(entry, "domainCertificateRequestPrivileges", privileges);
	cJSON_AddStringToObject(entry, "status", "ACTIVE");
	return entry;
}

cJSON *delegation_list(const struct call *call, const cJSON *domain)
{
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(domain, "delegations");
	const cJSON *organization;
	cJSON *list;

	if (given)
		return cJSON_Duplicate(given, true);
	list = cJSON_CreateArray();
	for (organization = json_first(account_organizations(call->sim->account)); organization;
		organization = organization->next)
		cJSON_AddItemToArray(list, delegation(json_int(organization, "id", 0)));
	return list;
}

cJSON *delegation_read(const struct call *call, const cJSON *from)
{
	static const char *const copied[] = { "certTypes", "domainCertificateRequestPrivileges",
		NULL };
	int64_t organization = json_int(from, "orgId", 0);
	AUTO(text) char *id = mem_format("%" PRId64, organization);
	cJSON *entry;

	if (!account_organization(NULL, call->sim->account, organization) ||
		!account_may_use(call->sim->account, call->login, organization)) {
		reply_error(call->reply, 400, -1023, id);
		return NULL;
	}
	entry = delegation(organization);
	store_copy(entry, from, copied);
	store_put(entry, "status", cJSON_CreateString(decides(call) ? "ACTIVE" : "REQUESTED"));
	return entry;
}

/* DOMAIN's delegations, to be changed. */
static cJSON *editable(const struct call *call, cJSON *domain)
{
	if (!cJSON_HasObjectItem(domain, "delegations"))
		cJSON_AddItemToObject(domain, "delegations", delegation_list(call, domain));
	return cJSON_GetObjectItemCaseSensitive(domain, "delegations");
}

static cJSON *find(cJSON *delegations, int64_t organization)
{
	cJSON *entry;

	cJSON_ArrayForEach(entry, delegations)
	{
		if (json_int(entry, "orgId", -1) == organization)
			return entry;
	}
	return NULL;
}

static void drop(cJSON *delegations, cJSON *entry)
{
	cJSON_Delete(cJSON_DetachItemViaPointer(delegations, entry));
}

/* Delegates domain ID as the body says, in the place of what the organization had. */
static bool delegate(const struct call *call, int64_t id)
{
	cJSON *domain = domain_to_change(call, id);
	cJSON *entry = domain ? delegation_read(call, call->body) : NULL;
	cJSON *list, *before;

	if (!entry)
		return false;
	list = editable(call, domain);
	before = find(list, json_int(entry, "orgId", -1));
	if (before)
		drop(list, before);
	cJSON_AddItemToArray(list, entry);
	return true;
}

void domain_delegate(struct call *call)
{
	if (delegate(call, call->id))
		store_done(call, 200);
}

void domain_delegate_all(struct call *call)
{
	const cJSON *ids = NULL, *id;

	if (!body_array(&ids, call, "domainIds"))
		return;
	if (!ids) {
		reply_missing(call->reply, "domainIds");
		return;
	}
	for (id = json_first(ids); id; id = id->next)
		if (!delegate(call, cJSON_IsNumber(id) ? (int64_t)id->valuedouble : 0))
			return;
	store_done(call, 200);
}

/* The domain's delegation to the body's orgId. NULL: the reply says that there is none. */
static cJSON *find_named(struct call *call, cJSON **list)
{
	cJSON *domain = domain_to_change(call, call->id);
	int64_t organization = 0;
	cJSON *entry;

	if (!domain || !body_int(&organization, call, "orgId"))
		return NULL;
	if (!organization) {
		reply_missing(call->reply, "orgId");
		return NULL;
	}
	*list = editable(call, domain);
	entry = find(*list, organization);
	if (!entry)
		reply_error(call->reply, 400, -707, NULL);
	return entry;
}

/* Takes the body's certTypes away; a delegation for none is gone. */
void domain_undelegate(struct call *call)
{
	const cJSON *types = NULL;
	cJSON *list, *entry = find_named(call, &list);
	cJSON *left, *type, *next;

	if (!entry || !body_texts(&types, call, "certTypes"))
		return;
	left = cJSON_GetObjectItemCaseSensitive(entry, "certTypes");
	for (type = types ? left->child : NULL; type; type = next) {
		next = type->next;
		if (json_has_text(types, type->valuestring))
			drop(left, type);
	}
	if (!types || !left->child)
		drop(list, entry);
	store_done(call, 200);
}

static void decide(struct call *call, bool approve)
{
	cJSON *list, *entry = find_named(call, &list);

	if (!entry)
		return;
	if (!decides(call))
		reply_error(call->reply, 400, -738, approve ? "approve" : "reject");
	else if (strcmp(json_text(entry, "status", "ACTIVE"), "REQUESTED"))
		reply_error(call->reply, 400, -705, NULL);
	else {
		if (approve)
			store_put(entry, "status", cJSON_CreateString("ACTIVE"));
		else
			drop(list, entry);
		store_done(call, 200);
	}
}

void domain_approve(struct call *call)
{
	decide(call, true);
}

void domain_reject(struct call *call)
{
	decide(call, false);
}
