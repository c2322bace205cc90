/*
 * The validations of organizations: kept as the member "validations" of the account's organization.
 * Nobody looks at them; a pending one becomes another when account.json is edited.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "organization.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_ID 230

/* The organization's validations. NULL: the reply says that there is no organization. */
static cJSON *find_list(const struct call *call)
{
	cJSON *list, *organization = organization_find(call, &list);
	cJSON *validations = cJSON_GetObjectItemCaseSensitive(organization, "validations");

	if (organization && !validations)
		validations = cJSON_AddArrayToObject(organization, "validations");
	return validations;
}

static cJSON *find_in(const struct call *call, cJSON *list)
{
	cJSON *entry;

	cJSON_ArrayForEach(entry, list)
	{
		if (json_int(entry, "id", -1) == call->sub_id)
			return entry;
	}
	if (list)
		reply_error(call->reply, 404, -1, NULL);
	return NULL;
}

static cJSON *find(const struct call *call)
{
	return find_in(call, find_list(call));
}

void validation_list(struct call *call)
{
	static const char *const shown[] = { "id", "validationLevel", "status", "expires",
		"alternative", "backendId", "backendType", NULL };
	const cJSON *list = find_list(call), *entry;
	cJSON *view;

	if (!list)
		return;
	view = cJSON_CreateArray();
	for (entry = json_first(list); entry; entry = entry->next) {
		cJSON *item = cJSON_CreateObject();

		store_copy(item, entry, shown);
		cJSON_AddItemToArray(view, item);
	}
	reply_json(call->reply, 200, view);
}

void validation_details(struct call *call)
{
	const cJSON *entry = find(call);

	if (entry)
		reply_json(call->reply, 200, cJSON_Duplicate(entry, true));
}

/* The details that an organization has without any in the call. */
static cJSON *own_details(const struct call *call)
{
	static const char *const copied[] = { "address1", "address2", "address3", "city",
		"postalCode", "country", NULL };
	cJSON *list, *organization = organization_find(call, &list);
	cJSON *details = cJSON_CreateObject();
	cJSON *general = cJSON_AddObjectToObject(details, "generalDetails");

	cJSON_AddStringToObject(general, "legalName", json_text(organization, "name", ""));
	cJSON_AddNullToObject(general, "assumedName");
	store_copy(general, organization, copied);
	cJSON_AddStringToObject(
		general, "stateProvince", json_text(organization, "stateOrProvince", ""));
	return details;
}

/* Lays the body's organizationDetails over those of ENTRY. */
static void merge_details(cJSON *entry, const cJSON *body)
{
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(body, "organizationDetails"), *item;
	cJSON *details = cJSON_GetObjectItemCaseSensitive(entry, "organizationDetails");
	cJSON *general = cJSON_GetObjectItemCaseSensitive(details, "generalDetails");

	for (item = json_first(given); item; item = item->next)
		if (strcmp(item->string, "generalDetails") != 0)
			store_put(details, item->string, cJSON_Duplicate(item, true));
	given = cJSON_GetObjectItemCaseSensitive(given, "generalDetails");
	for (item = json_first(given); item; item = item->next)
		store_put(general, item->string, cJSON_Duplicate(item, true));
}

/* Adds a validation for the body's level, in the place of one when it says so; 201. */
static void add(struct call *call, const char *backend_member)
{
	static const char *const copied[] = { "validationLevel", "externalOrgId", "externalOrgName",
		NULL };
	cJSON *list = find_list(call), *entry, *settings;
	const char *level = "";
	int64_t backend = 1135, id;
	const cJSON *before;

	if (!list || !body_text(&level, call, "validationLevel") ||
		!body_int(&backend, call, backend_member))
		return;
	before = json_find_text(list, "validationLevel", level);
	if (!*level || (before && !json_bool(call->body, "overwriteIfExists", false))) {
		reply_invalid(call->reply, "validationLevel");
		return;
	}
	id = store_next_id(list, FIRST_ID);
	if (before)
		cJSON_Delete(cJSON_DetachItemViaPointer(list, (cJSON *)before));
	entry = cJSON_CreateObject();
	cJSON_AddNumberToObject(entry, "id", (double)id);
	cJSON_AddStringToObject(entry, "status", "PENDING");
	cJSON_AddBoolToObject(entry, "alternative", json_bool(call->body, "alternative", false));
	cJSON_AddNumberToObject(entry, "backendId", (double)backend);
	cJSON_AddStringToObject(entry, "backendType", "SASP");
	settings = cJSON_AddObjectToObject(entry, "settings");
	cJSON_AddStringToObject(settings, "TRACKING_ID", "801930985");
	cJSON_AddItemToObject(entry, "organizationDetails", own_details(call));
	store_copy(entry, call->body, copied);
	merge_details(entry, call->body);
	cJSON_AddItemToArray(list, entry);
	store_created(call, "/api/organization/v2/%" PRId64 "/validations/%" PRId64, call->id, id);
}

void validation_submit(struct call *call)
{
	add(call, "backendId");
}

void validation_assign(struct call *call)
{
	add(call, "caBackendId");
}

void validation_reassign(struct call *call)
{
	static const char *const copied[] = { "externalOrgId", "externalOrgName", NULL };
	cJSON *entry = find(call);

	if (!entry)
		return;
	store_copy(entry, call->body, copied);
	store_done(call, 202);
}

void validation_again(struct call *call)
{
	cJSON *entry = find(call);

	if (!entry)
		return;
	merge_details(entry, call->body);
	store_put(entry, "status", cJSON_CreateString("PENDING"));
	if (store_save(call))
		validation_details(call);
}

void validation_validator(struct call *call)
{
	cJSON *entry = find(call), *validator;
	int64_t admin = 0;

	if (!entry || !body_int(&admin, call, "adminId"))
		return;
	if (!admin) {
		reply_missing(call->reply, "adminId");
		return;
	}
	validator = cJSON_CreateObject();
	cJSON_AddNumberToObject(validator, "id", (double)admin);
	cJSON_AddStringToObject(validator, "name", call_login(call));
	store_put(entry, "validator", validator);
	store_done(call, 202);
}

void validation_reset(struct call *call)
{
	cJSON *list = find_list(call), *entry = find_in(call, list);

	if (!entry)
		return;
	cJSON_Delete(cJSON_DetachItemViaPointer(list, entry));
	store_done(call, 204);
}
