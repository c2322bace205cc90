/*
 * The OAuth2 token endpoint, with the answers of a Keycloak: client credentials in a form body.
 */
#include "handlers.h"
#include "json.h"
#include "urlform.h"

#include <string.h>
#include <strings.h>

static void refuse(struct call *call, int status, const char *error, const char *description)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "error", error);
	cJSON_AddStringToObject(body, "error_description", description);
	reply_json(call->reply, status, body);
	reply_header(call->reply, "Content-Type", "application/json");
	reply_header(call->reply, "Cache-Control", "no-store");
}

/* When the token ends; a fault may make that another time than what the answer says. */
static int64_t end_of(const struct call *call, int64_t lifetime)
{
	const struct fault *lives = fault_find(call->faults, FAULT_LIVES);

	return call->now + (lives ? lives->number : lifetime) * 1000;
}

static void give(struct call *call, const char *client)
{
	int64_t lifetime = call->sim->switches->token_s;
	const char *token = tokens_add(call->sim->tokens, client, end_of(call, lifetime));
	cJSON *body = cJSON_CreateObject();

	cJSON_AddStringToObject(body, "access_token", token);
	cJSON_AddNumberToObject(body, "expires_in", (double)lifetime);
	cJSON_AddNumberToObject(body, "refresh_expires_in", 0);
	cJSON_AddStringToObject(body, "token_type", "Bearer");
	cJSON_AddNumberToObject(body, "not-before-policy", 0);
	cJSON_AddStringToObject(body, "scope", "email profile");
	reply_json(call->reply, 200, body);
	reply_header(call->reply, "Content-Type", "application/json");
	reply_header(call->reply, "Cache-Control", "no-store");
}

static void check(struct call *call, const struct pairs *form)
{
	const char *grant = pairs_find(form, "grant_type");
	const char *name = pairs_find(form, "client_id");
	const char *secret = pairs_find(form, "client_secret");
	const cJSON *client = name ? account_client(call->sim->account, name) : NULL;
	const char *wanted = json_text(client, "clientSecret", NULL);

	if (!grant)
		refuse(call, 400, "invalid_request", "Missing form parameter: grant_type");
	else if (strcmp(grant, "client_credentials"))
		refuse(call, 400, "unsupported_grant_type", "Unsupported grant_type");
	else if (!secret || !wanted || strcmp(secret, wanted))
		refuse(call, 401, "invalid_client", "Invalid client or Invalid client credentials");
	else
		give(call, name);
}

static bool is_form(const struct request *request)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = request_header(request, "Content-Type");

	return type && !strncasecmp(type, form, strlen(form)) && strchr("; \t", type[strlen(form)]);
}

void token_issue(struct call *call)
{
	AUTO(pairs) struct pairs form = { 0 };

	if (!is_form(call->request))
		refuse(call, 415, "HTTP 415 Unsupported Media Type",
			"For more on this error "
			"consult the server log");
	else if (call->request->too_long || !urlform_parse(&form, call->request->body))
		refuse(call, 400, "invalid_request", "Malformed form body");
	else
		check(call, &form);
}
