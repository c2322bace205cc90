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

/* The profiles of the call's kind, for the organization that it names. */
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
		if (!strcmp(json_text(profile, "kind", "ssl"), call_kind(call)) &&
			(!organization || account_offers(account, profile, organization)))
			cJSON_AddItemToArray(list, account_profile_view(profile));
	reply_json(call->reply, 200, list);
}

void ssl_custom_fields(struct call *call)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *field;

	for (field = json_first(account_custom_fields(call->sim->account)); field;
		field = field->next) {
		cJSON *entry = cJSON_CreateObject();

		json_copy(entry, field, "id");
		json_copy(entry, field, "name");
		json_copy(entry, field, "mandatory");
		cJSON_AddItemToArray(list, entry);
	}
	reply_json(call->reply, 200, list);
}
