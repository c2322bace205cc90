/*
 * The caller's own administrator record.
 */
#include "handlers.h"
#include "json.h"

#include <string.h>

#define PASSWORD_LIFE_MS ((int64_t)90 * 86400 * 1000)

void admin_password(struct call *call)
{
	const char *state = json_text(call->login, "passwordState", "ALIVE");
	AUTO(text) char *date = call_date(call, call->now + PASSWORD_LIFE_MS, "yyyy-MM-dd");
	cJSON *view = cJSON_CreateObject();

	if (strcmp(state, "NEVER_EXPIRE"))
		cJSON_AddStringToObject(
			view, "expirationDate", json_text(call->login, "passwordExpires", date));
	cJSON_AddStringToObject(view, "state", state);
	reply_json(call->reply, 200, view);
}
