#include "attempts.h"

#include "json.h"

bool attempts_locked(const struct sim *sim, const struct request *request)
{
	const char *login = request_header(request, "login");

	return login && sim->switches->lock_after &&
	       json_int(sim->attempts, login, 0) >= sim->switches->lock_after;
}

bool attempts_count(struct sim *sim, const struct request *request, bool right, struct err *err)
{
	const char *login = request_header(request, "login");
	int64_t count;
	cJSON *event;

	if (!login || request_header(request, "Authorization"))
		return true;
	count = right ? 0 : json_int(sim->attempts, login, 0) + 1;
	cJSON_DeleteItemFromObjectCaseSensitive(sim->attempts, login);
	if (right)
		return true;
	cJSON_AddNumberToObject(sim->attempts, login, (double)count);
	event = cJSON_CreateObject();
	cJSON_AddStringToObject(event, "event", "login-refused");
	cJSON_AddStringToObject(event, "login", login);
	cJSON_AddNumberToObject(event, "failedAttempts", (double)count);
	return orders_note(sim->orders, event, err);
}
