/*
 * The custom fields with all there is to know of each; version 1 says less of who has to fill them.
 */
#include "handlers.h"
#include "json.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static cJSON *view_of(const struct call *call, const cJSON *field)
{
	static const char *const everywhere[] = { "ADMIN_UI", "WEB_FORM", "REST_API", "SOAP_API" };
	bool mandatory = json_bool(field, "mandatory", false);
	bool first = strstr(call->request->path, "/v1") != NULL;
	cJSON *entry = cJSON_CreateObject(), *input;

	json_copy(entry, field, "id");
	json_copy(entry, field, "name");
	if (first)
		cJSON_AddBoolToObject(entry, "mandatory", mandatory);
	cJSON_AddStringToObject(entry, "certType", "ssl");
	cJSON_AddStringToObject(entry, "state", "ACTIVE");
	input = cJSON_AddObjectToObject(entry, "input");
	cJSON_AddStringToObject(input, "type", json_text(field, "type", "TEXT_SINGLE_LINE"));
	json_copy(input, field, "options");
	if (!first)
		cJSON_AddItemToObject(entry, "mandatories",
			cJSON_CreateStringArray(everywhere, mandatory ? 4 : 0));
	return entry;
}

static void send_list(struct call *call, const char *type)
{
	cJSON *list = cJSON_CreateArray();
	const cJSON *field;

	for (field = json_first(account_custom_fields(call->sim->account)); field;
		field = field->next)
		if (!type || !*type || !strcasecmp(type, "ssl"))
			cJSON_AddItemToArray(list, view_of(call, field));
	reply_json(call->reply, 200, list);
}

void custom_fields(struct call *call)
{
	send_list(call, request_query(call->request, "certType"));
}

void custom_fields_of(struct call *call)
{
	send_list(call, call->text);
}

void custom_field_details(struct call *call)
{
	const cJSON *field =
		json_find_int(account_custom_fields(call->sim->account), "id", call->id);

	if (field)
		reply_json(call->reply, 200, view_of(call, field));
	else
		reply_error(call->reply, 404, -135, NULL);
}
