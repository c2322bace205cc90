/*
 * Locations: where a certificate is deployed, as its users note it down.
 */
#include "handlers.h"
#include "json.h"

#include <inttypes.h>
#include <string.h>

static cJSON *location_view(const cJSON *location)
{
	cJSON *view = cJSON_CreateObject();

	json_copy(view, location, "id");
	cJSON_AddStringToObject(view, "locationType", "CUSTOM");
	cJSON_AddStringToObject(view, "name", "");
	json_copy(view, location, "details");
	return view;
}

void ssl_locations(struct call *call)
{
	const struct order *order = call_order_to_change(call);
	const cJSON *location;
	cJSON *list;

	if (!order)
		return;
	list = cJSON_CreateArray();
	for (location = json_first(order->locations); location; location = location->next)
		cJSON_AddItemToArray(list, location_view(location));
	reply_json(call->reply, 200, list);
}

/* The location of the path; borrowed. NULL: the reply says that it is not there. */
static const cJSON *find(struct call *call)
{
	const struct order *order = call_order_to_change(call);
	const cJSON *location = order ? json_find_int(order->locations, "id", call->sub_id) : NULL;

	if (order && !location)
		reply_error(call->reply, 404, -1, NULL);
	return location;
}

void ssl_location(struct call *call)
{
	const cJSON *location = find(call);

	if (location)
		reply_json(call->reply, 200, location_view(location));
}

/* Records location ID with DETAILS, NULL to remove it. */
static bool record(struct call *call, int64_t id, const cJSON *details)
{
	cJSON *event = order_event("location", call->id);

	cJSON_AddNumberToObject(event, "locationId", (double)id);
	if (details)
		cJSON_AddItemToObject(event, "details", cJSON_Duplicate(details, true));
	return call_record(call, event);
}

/* The details of the body, an object of strings; borrowed. NULL: the reply refuses them. */
static const cJSON *read_details(const struct call *call)
{
	const cJSON *details = cJSON_GetObjectItemCaseSensitive(call->body, "details");
	const cJSON *item;
	bool ok = cJSON_IsObject(details);

	for (item = ok ? json_first(details) : NULL; item; item = item->next)
		ok = ok && cJSON_IsString(item);
	if (!details || cJSON_IsNull(details))
		reply_missing(call->reply, "details");
	else if (!ok)
		reply_unparsable(call->reply);
	return ok ? details : NULL;
}

void ssl_location_add(struct call *call)
{
	const struct order *order = call_order_to_change(call);
	const cJSON *details = order ? read_details(call) : NULL;
	int64_t id = orders_next_location(call->sim->orders);
	AUTO(text) char *url = NULL;
	const char *host = request_header(call->request, "Host");

	if (!details || !record(call, id, details))
		return;
	url = mem_format("https://%s/api/%s/v1/%" PRId64 "/location/%" PRId64,
		host ? host : "localhost", call_kind(call), call->id, id);
	reply_empty(call->reply, 201);
	reply_header(call->reply, "Location", url);
}

void ssl_location_change(struct call *call)
{
	const cJSON *details = find(call) ? read_details(call) : NULL;

	if (details && record(call, call->sub_id, details))
		reply_empty(call->reply, 200);
}

void ssl_location_remove(struct call *call)
{
	if (find(call) && record(call, call->sub_id, NULL))
		reply_empty(call->reply, 204);
}
