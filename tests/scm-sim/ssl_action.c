/*
 * What a caller can do to an order: revoke its certificate, approve or decline it.
 */
#include "body.h"
#include "handlers.h"
#include "hex.h"
#include "order_action.h"

static void revoke(struct call *call, const struct order *order)
{
	const char *reason;
	int64_t code;

	if (body_message(&reason, call, "reason") && body_reason_code(&code, call, true) &&
		order_action_revoke(call, order, code, reason))
		reply_empty(call->reply, 204);
}

void ssl_revoke(struct call *call)
{
	const struct order *order = call_order_to_change(call);

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
	const struct order *order = call_order_to_change(call);
	const char *message;
	cJSON *event;

	if (!order || !body_message(&message, call, "message"))
		return;
	if (order->state != ORDER_REQUESTED) {
		reply_error(call->reply, 400, -1112, order_status(order, call->now));
		return;
	}
	event = order_event(kind, order->id);
	cJSON_AddStringToObject(event, "message", message);
	if (call_record(call, event))
		reply_empty(call->reply, 204);
}

void ssl_approve(struct call *call)
{
	decide(call, "approved");
}

void ssl_decline(struct call *call)
{
	decide(call, "declined");
}

/* Only certificates that were imported or discovered may go, and here all were ordered. */
void ssl_delete(struct call *call)
{
	if (call_order_to_change(call))
		reply_error(call->reply, 400, -3, "delete of an ordered certificate");
}
