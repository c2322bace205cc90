/*
 * The validation of one order's domain. Orders are only taken for domains that are validated, so
 * there is never anything left to publish.
 */
#include "handlers.h"
#include "json.h"

static cJSON *log_entry(const struct call *call, const struct order *order)
{
	AUTO(text) char *checked = call_date(call, order->accepted_at, "ISO_HMS");
	cJSON *entry = cJSON_CreateObject();

	cJSON_AddStringToObject(entry, "dcvStatus", "Validated");
	cJSON_AddStringToObject(entry, "domainName", json_text(order->accepted, "commonName", ""));
	cJSON_AddStringToObject(entry, "lastCheck", checked);
	cJSON_AddNullToObject(entry, "nextCheck");
	cJSON_AddNullToObject(entry, "dcvDate");
	return entry;
}

static void send(struct call *call, int status)
{
	const struct order *order = call_order_to_change(call);
	cJSON *answer, *log, *error;

	if (!order)
		return;
	answer = cJSON_CreateObject();
	log = cJSON_AddObjectToObject(answer, "dcvLog");
	error = cJSON_AddObjectToObject(log, "error");
	cJSON_AddNumberToObject(error, "code", 0);
	cJSON_AddNullToObject(error, "description");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(log, "log"), log_entry(call, order));
	cJSON_AddArrayToObject(answer, "instructions");
	reply_json(call->reply, status, answer);
}

void ssl_dcv(struct call *call)
{
	send(call, 200);
}

void ssl_dcv_recheck(struct call *call)
{
	send(call, 202);
}
