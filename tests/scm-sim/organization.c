/*
 * The organizations and departments of the account.
 */
#include "handlers.h"
#include "json.h"

#include <inttypes.h>

/* The departments of ORGANIZATION that the caller may use. */
static cJSON *departments(const struct call *call, const cJSON *organization)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(organization, "departments");
	cJSON *view = cJSON_CreateArray();
	const cJSON *department;

	for (department = json_first(list); department; department = department->next) {
		cJSON *entry;

		if (!account_may_use(
			    call->sim->account, call->login, json_int(department, "id", -1)))
			continue;
		entry = cJSON_CreateObject();
		json_copy(entry, department, "id");
		cJSON_AddStringToObject(entry, "parentName", json_text(organization, "name", ""));
		json_copy(entry, department, "name");
		cJSON_AddItemToArray(view, entry);
	}
	return view;
}

void organization_list(struct call *call)
{
	const struct account *account = call->sim->account;
	cJSON *list = cJSON_CreateArray();
	const cJSON *organization;

	for (organization = json_first(account_organizations(account)); organization;
		organization = organization->next) {
		cJSON *below = departments(call, organization);
		cJSON *entry;

		if (!account_may_use(account, call->login, json_int(organization, "id", -1)) &&
			cJSON_GetArraySize(below) == 0) {
			cJSON_Delete(below);
			continue;
		}
		entry = cJSON_CreateObject();
		json_copy(entry, organization, "id");
		json_copy(entry, organization, "name");
		cJSON_AddItemToObject(entry, "departments", below);
		cJSON_AddItemToArray(list, entry);
	}
	reply_json(call->reply, 200, list);
}

void organization_details(struct call *call)
{
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	const cJSON *parent;
	const cJSON *organization = account_organization(&parent, call->sim->account, call->id);
	cJSON *view;

	if (!organization || !account_may_use(call->sim->account, call->login, call->id)) {
		reply_error(call->reply, 404, -1023, id);
		return;
	}
	view = cJSON_Duplicate(organization, true);
	cJSON_DeleteItemFromObjectCaseSensitive(view, "departments");
	if (parent)
		cJSON_AddStringToObject(view, "parentName", json_text(parent, "name", ""));
	else
		cJSON_AddItemToObject(view, "departments", departments(call, organization));
	reply_json(call->reply, 200, view);
}
