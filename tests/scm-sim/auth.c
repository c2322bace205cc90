#include "auth.h"

#include "attempts.h"
#include "hex.h"
#include "json.h"

#include <string.h>
#include <strings.h>

#define AUTH_TOKEN_PATH "/auth/realms/apiclients/protocol/openid-connect/token"

static bool right_certificate(const cJSON *login, const struct request *request)
{
	AUTO(text) char *bound = serial_normal(json_text(login, "certificateSerialNumber", "-"));

	return bound && request->peer_serial && request->peer_trusted &&
	       !strcmp(bound, request->peer_serial);
}

static bool right_password(const cJSON *login, const struct request *request)
{
	const char *given = request_header(request, "password");
	const char *wanted = json_text(login, "password", NULL);

	return given && wanted && !strcmp(given, wanted) &&
	       strcmp(json_text(login, "passwordState", "ALIVE"), "EXPIRED");
}

static const cJSON *header_login(
	const struct account *account, const struct request *request, bool by_certificate)
{
	const char *name = request_header(request, "login");
	const char *customer = request_header(request, "customerUri");
	const cJSON *login = name ? account_login(account, name) : NULL;

	if (!login || !customer || strcmp(customer, account_customer(account)))
		return NULL;
	if (by_certificate ? right_certificate(login, request) : right_password(login, request))
		return login;
	return NULL;
}

/* A caller that sends a login beside its token is refused: one of them should have stayed home. */
static const cJSON *bearer(
	const struct sim *sim, const struct request *request, const char *credentials, int64_t now)
{
	const char *customer = request_header(request, "customerUri");
	const char *client;

	if (strncasecmp(credentials, "Bearer ", 7) || request_header(request, "login") ||
		request_header(request, "password"))
		return NULL;
	if (customer && strcmp(customer, account_customer(sim->account)))
		return NULL;
	client = tokens_client(sim->tokens, credentials + 7, now);
	return client ? account_client(sim->account, client) : NULL;
}

const cJSON *auth_caller(
	const struct sim *sim, const struct request *request, bool by_certificate, int64_t now)
{
	const char *credentials = request_header(request, "Authorization");

	if (credentials)
		return bearer(sim, request, credentials, now);
	return attempts_locked(sim, request) ? NULL
					     : header_login(sim->account, request, by_certificate);
}

void auth_refuse(struct reply *reply, const struct request *request, const cJSON *caller)
{
	const char *host = request_header(request, "Host");
	bool token = request_header(request, "Authorization");
	AUTO(text) char *challenge = NULL;

	reply_error(reply, 401, -16, NULL);
	if (caller || (!token && request_header(request, "login")))
		return;
	challenge = mem_format("Bearer realm=\"apiclients\", %sauthorization_uri=\"https://%s%s\"",
		token ? "error=\"invalid_token\", error_description=\"Token is not active\", " : "",
		host ? host : "localhost", AUTH_TOKEN_PATH);
	reply_header(reply, "WWW-Authenticate", challenge);
}
