/*
 * Reports, each of which comes in one piece.
 */
#include "body.h"
#include "domain_delegation.h"
#include "handlers.h"
#include "json.h"
#include "ssl_view.h"

#include <string.h>

/* The states by the numbers that reports have for them; 0 is any. */
static bool has_status(const struct call *call, const struct order *order, int64_t wanted)
{
	static const char *const names[] = {
		[1] = "Requested", [2] = "Issued", [3] = "Revoked", [4] = "Expired", [9] = "Applied"
	};
	const size_t count = sizeof(names) / sizeof(names[0]);

	if (wanted == 0)
		return true;
	return wanted > 0 && (size_t)wanted < count && names[wanted] &&
	       !strcmp(names[wanted], call_status(call, order));
}

/* The certificates of KIND that the body asks for. */
static void send_certificates(struct call *call, const char *kind)
{
	const struct orders *orders = call->sim->orders;
	const cJSON *organizations = NULL;
	int64_t status = 0;
	cJSON *answer, *list;

	if (!body_array(&organizations, call, "organizationIds") ||
		!body_int(&status, call, "certificateStatus"))
		return;
	answer = cJSON_CreateObject();
	cJSON_AddNumberToObject(answer, "statusCode", 0);
	list = cJSON_AddArrayToObject(answer, "reports");
	for (size_t i = 0; i < orders_count(orders); i++) {
		const struct order *order = orders_at(orders, i);
		int64_t organization = json_int(order->accepted, "orgId", -1);

		if (order->state != ORDER_DELETED &&
			!strcmp(json_text(order->accepted, "kind", "ssl"), kind) &&
			account_may_use(call->sim->account, call->login, organization) &&
			has_status(call, order, status) &&
			(!json_first(organizations) || json_has_int(organizations, organization)))
			cJSON_AddItemToArray(list, ssl_view(call, order));
	}
	reply_json(call->reply, 200, answer);
}

static void send_domains(struct call *call)
{
	const cJSON *domain;
	cJSON *answer = cJSON_CreateObject(), *list;

	cJSON_AddNumberToObject(answer, "statusCode", 0);
	list = cJSON_AddArrayToObject(answer, "reports");
	for (domain = json_first(account_domains(call->sim->account)); domain;
		domain = domain->next)
		if (domain_visible(call, domain))
			cJSON_AddItemToArray(list, domain_view(call, domain));
	reply_json(call->reply, 200, answer);
}

/* Nobody here writes down what administrators did. */
static void send_nothing(struct call *call)
{
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddNumberToObject(answer, "statusCode", 0);
	cJSON_AddArrayToObject(answer, "reports");
	reply_json(call->reply, 200, answer);
}

void report_make(struct call *call)
{
	if (!strcmp(call->text, "ssl-certificates"))
		send_certificates(call, "ssl");
	else if (!strcmp(call->text, "device-certificates"))
		send_certificates(call, "device");
	else if (!strcmp(call->text, "client-certificates"))
		send_certificates(call, "smime");
	else if (!strcmp(call->text, "domains"))
		send_domains(call);
	else if (!strcmp(call->text, "activity"))
		send_nothing(call);
	else
		reply_error(call->reply, 404, -1, NULL);
}
