#include "auth.h"

#include "hex.h"
#include "json.h"

#include <string.h>

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

const cJSON *auth_login(
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
