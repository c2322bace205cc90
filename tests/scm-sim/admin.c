/*
 * The caller's own administrator record.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "store.h"

#include <ctype.h>
#include <string.h>

#define PASSWORD_LENGTH 8
#define PASSWORD_LIMIT 32
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

/* The caller's login, to be changed; NULL for a client, which has no password. */
static cJSON *own_record(const struct call *call)
{
	cJSON *login;

	cJSON_ArrayForEach(login, store_list(call, "logins"))
	{
		if (login == call->login)
			return login;
	}
	return NULL;
}

static bool has(const char *text, int (*kind)(int))
{
	for (; *text; text++)
		if (kind((unsigned char)*text))
			return true;
	return false;
}

/* Whether PASSWORD may be the next one. False: the reply says why not. */
static bool check_password(const struct call *call, const char *password)
{
	const char *old = json_text(call->login, "password", "");
	const char *given = request_header(call->request, "password");

	if (given && strcmp(given, old))
		return reply_error(call->reply, 400, -213, NULL);
	if (!strcmp(password, old))
		return reply_error(call->reply, 400, -220, NULL);
	if (strlen(password) < PASSWORD_LENGTH || strlen(password) > PASSWORD_LIMIT)
		return reply_error(call->reply, 400, -976, "8");
	if (strcasestr(password, call_login(call)))
		return reply_error(call->reply, 400, -982, NULL);
	if (!has(password, isdigit) || !has(password, isalpha))
		return reply_error(call->reply, 400, -7306, "letters and digits are required");
	return true;
}

void admin_change_password(struct call *call)
{
	cJSON *login = own_record(call);
	const char *password = NULL;

	if (!body_text(&password, call, "newPassword"))
		return;
	if (!login)
		reply_error(call->reply, 400, -970, NULL);
	else if (!password)
		reply_missing(call->reply, "newPassword");
	else if (check_password(call, password)) {
		store_put(login, "password", cJSON_CreateString(password));
		store_done(call, 204);
	}
}
