/*
 * The report of all SSL certificates, which comes in one piece.
 */
#include "body.h"
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

void report_ssl(struct call *call)
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

		if (call_may_see(call, order) && has_status(call, order, status) &&
			(!json_first(organizations) || json_has_int(organizations, organization)))
			cJSON_AddItemToArray(list, ssl_view(call, order));
	}
	reply_json(call->reply, 200, answer);
}
