/*
 * What a caller can do to an order: revoke its certificate, approve or decline it.
 */
#include "body.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"
#include "order_action.h"

#include <string.h>

static void revoke(struct call *call, const struct order *order)
{
	const char *reason;
	int64_t code = 0;

	if (body_message(&reason, call, "reason") &&
		body_reason_code(&code, call, !call->sim->switches->old_revoke) &&
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
	const cJSON *profile;
	const char *message;
	cJSON *event;

	if (!order || !body_message(&message, call, "message"))
		return;
	if (order->state != ORDER_REQUESTED) {
		reply_error(call->reply, 400, -1112, order_status(order, call->now));
		return;
	}
	profile = account_profile(call->sim->account, json_int(order->accepted, "profile", -1));
	if (!strcmp(kind, "approved") && json_bool(profile, "ev", false) &&
		!strcmp(json_text(order->accepted, "login", ""), call_login(call))) {
		reply_error(call->reply, 400, -1140, NULL);
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

/* The order of the body's certId, or of its serialNumber and issuer; NULL: the reply says why. */
static const struct order *find_manual(struct call *call)
{
	const char *serial = "", *issuer = "";
	AUTO(text) char *normal = NULL;
	const struct order *order;

	call->id = 0;
	if (!body_int(&call->id, call, "certId") || !body_text(&serial, call, "serialNumber") ||
		!body_text(&issuer, call, "issuer"))
		return NULL;
	if (call->id)
		return call_order_to_change(call);
	if (!*serial || !*issuer) {
		reply_missing(call->reply, "certId");
		return NULL;
	}
	normal = serial_normal(serial);
	order = normal ? orders_by_serial(call->sim->orders, normal) : NULL;
	if (order && call_may_see(call, order))
		return order;
	reply_error(call->reply, 400, -5101, serial);
	return NULL;
}

/* Notes down that a certificate was revoked, at a time that the caller says. */
void ssl_revoke_manual(struct call *call)
{
	const struct order *order = find_manual(call);
	const char *date = NULL;
	int64_t code = 0;

	if (order && body_text(&date, call, "revokeDate") && body_reason_code(&code, call, false) &&
		order_action_revoke(call, order, code, "manual"))
		reply_empty(call->reply, 204);
}
