/*
 * What a caller can do to an order: revoke its certificate, approve or decline it.
 */
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_LIMIT 512

/* Reads a required text of 1 to 512 bytes. */
static bool read_message(const char **out, const struct call *call, const char *name)
{
	switch (json_get_text(out, call->body, name)) {
	case JSON_ABSENT:
		return reply_missing(call->reply, name);
	case JSON_WRONG:
		return reply_unparsable(call->reply);
	case JSON_FOUND:
		break;
	}
	if (!**out || strlen(*out) > MESSAGE_LIMIT)
		return reply_invalid(call->reply, name);
	return true;
}

/* The revocation reasons, which newer releases also take by name. */
static bool read_reason_code(int64_t *out, const struct call *call)
{
	static const struct {
		const char *name;
		int64_t code;
	} reasons[] = {
		{ "UNSPECIFIED", 0 },
		{ "KEY_COMPROMISE", 1 },
		{ "AFFILIATION_CHANGED", 3 },
		{ "SUPERSEDED", 4 },
		{ "CESSATION_OF_OPERATION", 5 },
	};
	const char *name = json_text(call->body, "reasonCode", "");
	enum json_got got = json_get_int(out, call->body, "reasonCode");

	if (got == JSON_ABSENT)
		return reply_missing(call->reply, "reasonCode");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (got == JSON_FOUND ? reasons[i].code != *out : strcmp(reasons[i].name, name))
			continue;
		*out = reasons[i].code;
		return true;
	}
	return got == JSON_FOUND ? reply_invalid(call->reply, "reasonCode")
				 : reply_unparsable(call->reply);
}

/* Records EVENT with the caller's name and answers 204; takes EVENT over. */
static void record(struct call *call, cJSON *event)
{
	struct err err;

	cJSON_AddStringToObject(event, "login", call_login(call));
	if (orders_record(call->sim->orders, event, &err)) {
		reply_empty(call->reply, 204);
		return;
	}
	fprintf(stderr, "scm-sim: %s\n", err.text);
	reply_error(call->reply, 500, -2, NULL);
}

static void revoke(struct call *call, const struct order *order)
{
	const char *reason;
	int64_t code;
	cJSON *event;

	if (!read_message(&reason, call, "reason") || !read_reason_code(&code, call))
		return;
	if (order->state == ORDER_REVOKED) {
		reply_error(call->reply, 400, -159, NULL);
		return;
	}
	if (order->state != ORDER_ISSUED) {
		reply_error(call->reply, 400, -102, NULL);
		return;
	}
	event = order_event("revoked", order->id);
	cJSON_AddStringToObject(event, "serial", order->serial);
	cJSON_AddNumberToObject(event, "reasonCode", (double)code);
	cJSON_AddStringToObject(event, "reason", reason);
	record(call, event);
}

static const struct order *find(struct call *call)
{
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	const struct order *order = call_order(call);

	if (!order)
		reply_error(call->reply, 400, -124, id);
	return order;
}

void ssl_revoke(struct call *call)
{
	const struct order *order = find(call);

	if (order)
		revoke(call, order);
}

void ssl_revoke_serial(struct call *call)
{
	AUTO(text) char *serial = serial_normal(call->text);
	const struct order *order = serial ? orders_by_serial(call->sim->orders, serial) : NULL;

	if (order && call_may_see(call, order))
		revoke(call, order);
	else
		reply_error(call->reply, 400, -5101, call->text);
}

static void decide(struct call *call, const char *kind)
{
	const struct order *order = find(call);
	const char *message;
	cJSON *event;

	if (!order || !read_message(&message, call, "message"))
		return;
	if (order->state != ORDER_REQUESTED) {
		reply_error(call->reply, 400, -1112, order_status(order, call->now));
		return;
	}
	event = order_event(kind, order->id);
	cJSON_AddStringToObject(event, "message", message);
	record(call, event);
}

void ssl_approve(struct call *call)
{
	decide(call, "approved");
}

void ssl_decline(struct call *call)
{
	decide(call, "declined");
}
