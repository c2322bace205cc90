#include "order_action.h"

#include "clock.h"
#include "issue.h"
#include "json.h"

#include <stdio.h>

bool order_action_renewable(const struct call *call, const struct order *order)
{
	const cJSON *profile =
		account_profile(call->sim->account, json_int(order->accepted, "profile", -1));

	if (order->state != ORDER_ISSUED)
		return reply_error(call->reply, 400, -105, call_status(call, order));
	return json_bool(profile, "renewable", true) || reply_error(call->reply, 400, -180, NULL);
}

bool order_action_replace(
	struct call *call, const struct order *order, struct order_form *form, const char *reason)
{
	struct err err;
	cJSON *event;

	if (order->state != ORDER_ISSUED || order->pending)
		return reply_error(call->reply, 400, -130,
			order->pending ? "Applied" : call_status(call, order));
	if (!order_form_check(form, call))
		return false;
	event = order_event("replacing", order->id);
	cJSON_AddStringToObject(event, "reason", reason);
	order_form_describe(event, form);
	if (!call_record(call, event))
		return false;
	if (issue_due(call->sim, clock_now(), &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

bool order_action_revoke(
	struct call *call, const struct order *order, int64_t code, const char *reason)
{
	cJSON *event;

	if (order->state == ORDER_REVOKED)
		return reply_error(call->reply, 400, -159, NULL);
	if (order->state != ORDER_ISSUED)
		return reply_error(call->reply, 400, -102, NULL);
	event = order_event("revoked", order->id);
	cJSON_AddStringToObject(event, "serial", order->serial);
	cJSON_AddNumberToObject(event, "reasonCode", (double)code);
	cJSON_AddStringToObject(event, "reason", reason);
	return call_record(call, event);
}
