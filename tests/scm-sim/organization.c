#include "organization.h"

#include "handlers.h"
#include "json.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>

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

/* Answers with the organizations that have TYPE (NULL: any) among their certificates. */
static void send_list(struct call *call, const char *type)
{
	const struct account *account = call->sim->account;
	cJSON *list = cJSON_CreateArray();
	const cJSON *organization;

	for (organization = json_first(account_organizations(account)); organization;
		organization = organization->next) {
		const cJSON *types = cJSON_GetObjectItemCaseSensitive(organization, "certTypes");
		cJSON *below, *entry;

		if (type && types && !json_has_text(types, type))
			continue;
		below = departments(call, organization);
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

void organization_list(struct call *call)
{
	send_list(call, NULL);
}

void organization_by_type(struct call *call)
{
	send_list(call, call->text);
}

/* Administrators of departments get those, flat; the others get the organizations. */
void organization_by_role(struct call *call)
{
	const cJSON *organization;
	cJSON *list;

	if (strncmp(call->text, "DRAO", 4)) {
		if (strncmp(call->text, "MRAO", 4) && strncmp(call->text, "RAO", 3))
			reply_invalid(call->reply, "role");
		else
			send_list(call, NULL);
		return;
	}
	list = cJSON_CreateArray();
	for (organization = json_first(account_organizations(call->sim->account)); organization;
		organization = organization->next) {
		cJSON *below = departments(call, organization), *entry;

		while ((entry = cJSON_DetachItemFromArray(below, 0)))
			cJSON_AddItemToArray(list, entry);
		cJSON_Delete(below);
	}
	reply_json(call->reply, 200, list);
}

static void add_recovery(cJSON *view)
{
	static const char *const members[] = { "allowKeyRecoveryByMasterAdmins",
		"allowKeyRecoveryByOrgAdmins", "allowKeyRecoveryByDepartmentAdmins" };
	cJSON *recovery;

	if (cJSON_HasObjectItem(view, "clientCertificate"))
		return;
	recovery = cJSON_AddObjectToObject(view, "clientCertificate");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		cJSON_AddBoolToObject(recovery, members[i], false);
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
	cJSON_DeleteItemFromObjectCaseSensitive(view, "validations");
	cJSON_DeleteItemFromObjectCaseSensitive(view, "refuse");
	add_recovery(view);
	if (parent)
		cJSON_AddStringToObject(view, "parentName", json_text(parent, "name", ""));
	else
		cJSON_AddItemToObject(view, "departments", departments(call, organization));
	reply_json(call->reply, 200, view);
}

cJSON *organization_find(const struct call *call, cJSON **list)
{
	cJSON *organizations = store_list(call, "organizations");
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	cJSON *organization, *department;

	if (account_may_use(call->sim->account, call->login, call->id))
		cJSON_ArrayForEach(organization, organizations)
		{
			cJSON *departments =
				cJSON_GetObjectItemCaseSensitive(organization, "departments");

			*list = organizations;
			if (json_int(organization, "id", -1) == call->id)
				return organization;
			*list = departments;
			cJSON_ArrayForEach(department, departments)
			{
				if (json_int(department, "id", -1) == call->id)
					return department;
			}
		}
	reply_error(call->reply, 404, -1023, id);
	return NULL;
}
