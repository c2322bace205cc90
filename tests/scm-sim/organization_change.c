/*
 * Calls that make, change and remove organizations and departments.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "organization.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_ID 1234

/* Ids are of organizations and departments alike. */
static int64_t next_id(const cJSON *organizations)
{
	int64_t id = store_next_id(organizations, FIRST_ID);
	const cJSON *organization;

	for (organization = json_first(organizations); organization;
		organization = organization->next)
		id = store_next_id(
			cJSON_GetObjectItemCaseSensitive(organization, "departments"), id);
	return id;
}

/* Copies what the body says of an organization; two members have other names in answers. */
static void fill(cJSON *entry, const cJSON *body)
{
	static const char *const copied[] = { "name", "address1", "address2", "address3", "city",
		"postalCode", "country", "clientCertificate", "sslCertsApiEnabled",
		"clientCertsApiEnabled", "contactEmails", "contactWebhook", NULL };
	static const char *const renamed[][2] = { { "stateProvince", "stateOrProvince" },
		{ "alternativeName", "secondaryName" } };

	store_copy(entry, body, copied);
	for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, renamed[i][0]);

		if (cJSON_IsString(item))
			store_put(entry, renamed[i][1], cJSON_Duplicate(item, true));
	}
}

/* The list of the new entry: of the parent that the body names, or of organizations. */
static cJSON *list_for(const struct call *call, cJSON *organizations, const char *parent)
{
	cJSON *organization, *departments;

	if (!parent)
		return organizations;
	cJSON_ArrayForEach(organization, organizations)
	{
		if (strcmp(json_text(organization, "name", ""), parent))
			continue;
		departments = cJSON_GetObjectItemCaseSensitive(organization, "departments");
		return departments ? departments
				   : cJSON_AddArrayToObject(organization, "departments");
	}
	reply_error(call->reply, 400, -1023, parent);
	return NULL;
}

void organization_create(struct call *call)
{
	cJSON *organizations = store_list(call, "organizations");
	const char *name = "", *parent = NULL;
	cJSON *list, *entry;
	int64_t id;

	if (!body_text(&name, call, "name") || !body_text(&parent, call, "parentOrgName"))
		return;
	if (!*name) {
		reply_missing(call->reply, "name");
		return;
	}
	list = list_for(call, organizations, parent);
	if (!list)
		return;
	id = next_id(organizations);
	entry = cJSON_CreateObject();
	cJSON_AddNumberToObject(entry, "id", (double)id);
	fill(entry, call->body);
	cJSON_AddItemToObject(entry, "certTypes", json_one_text("SSL"));
	if (!parent)
		cJSON_AddArrayToObject(entry, "departments");
	cJSON_AddItemToArray(list, entry);
	store_created(call, "/api/organization/v1/%" PRId64, id);
}

void organization_change(struct call *call)
{
	cJSON *list, *entry = organization_find(call, &list);

	if (!entry)
		return;
	fill(entry, call->body);
	if (store_save(call))
		organization_details(call);
}

static bool has_orders(const struct call *call)
{
	for (size_t i = 0; i < orders_count(call->sim->orders); i++)
		if (json_int(orders_at(call->sim->orders, i)->accepted, "orgId", -1) == call->id)
			return true;
	return false;
}

void organization_delete(struct call *call)
{
	cJSON *list, *entry = organization_find(call, &list);

	if (!entry)
		return;
	if (has_orders(call)) {
		reply_error(call->reply, 400, -1021, json_text(entry, "name", ""));
		return;
	}
	cJSON_Delete(cJSON_DetachItemViaPointer(list, entry));
	store_done(call, 204);
}
