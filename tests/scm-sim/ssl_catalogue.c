/*
 * What can be ordered: profiles and custom fields.
 */
#include "handlers.h"
#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reads organizationId; 0 when it was not given. */
static bool wanted_organization(int64_t *id, struct call *call)
{
	const char *text = request_query(call->request, "organizationId");
	char *end;

	*id = 0;
	if (!text)
		return true;
	errno = 0;
	*id = strtoll(text, &end, 10);
	if (errno || *end || !*text)
		return reply_invalid(call->reply, "organizationId");
	if (!account_organization(NULL, call->sim->account, *id) ||
		!account_may_use(call->sim->account, call->login, *id))
		return reply_error(call->reply, 400, -1023, text);
	return true;
}

void ssl_types(struct call *call)
{
	const struct account *account = call->sim->account;
	const cJSON *profile;
	int64_t organization;
	cJSON *list;

	if (!wanted_organization(&organization, call))
		return;
	list = cJSON_CreateArray();
	for (profile = json_first(account_profiles(account)); profile; profile = profile->next)
		if (!organization || account_offers(account, profile, organization))
			cJSON_AddItemToArray(list, account_profile_view(profile));
	reply_json(call->reply, 200, list);
}

void ssl_custom_fields(struct call *call)
{
	reply_json(
		call->reply, 200, cJSON_Duplicate(account_custom_fields(call->sim->account), true));
}

/* The newer list, which says more of each field. */
void custom_fields_v2(struct call *call)
{
	const char *type = request_query(call->request, "certType");
	cJSON *list = cJSON_CreateArray();
	const cJSON *field;

	for (field = json_first(account_custom_fields(call->sim->account)); field;
		field = field->next) {
		bool mandatory = json_bool(field, "mandatory", false);
		cJSON *entry, *input;

		if (type && *type && strcmp(type, "SSL"))
			continue;
		entry = cJSON_CreateObject();
		cJSON_AddItemToArray(list, entry);
		json_copy(entry, field, "id");
		json_copy(entry, field, "name");
		cJSON_AddStringToObject(entry, "certType", "SSL");
		cJSON_AddStringToObject(entry, "state", "ACTIVE");
		input = cJSON_AddObjectToObject(entry, "input");
		cJSON_AddStringToObject(input, "type", "TEXT_SINGLE_LINE");
		cJSON_AddArrayToObject(input, "options");
		cJSON_AddItemToObject(
			entry, "mandatories", json_one_text(mandatory ? "REST_API" : NULL));
	}
	reply_json(call->reply, 200, list);
}
