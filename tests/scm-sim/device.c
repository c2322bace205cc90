/*
 * Device certificates, as far as they differ from those of servers: their names are free, and the
 * answer to an order says more. An order's number is its id.
 */
#include "body.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"
#include "order_action.h"

#include <inttypes.h>
#include <string.h>

static void send_order(struct call *call, const struct order *order)
{
	AUTO(text) char *backend = mem_format("%" PRId64, order->id + ORDER_NUMBER_BASE);
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddNumberToObject(answer, "deviceCertId", (double)order->id);
	cJSON_AddStringToObject(
		answer, "status", order->state == ORDER_REQUESTED ? "REQUESTED" : "APPROVED");
	cJSON_AddStringToObject(answer, "backendCertId", backend);
	cJSON_AddNumberToObject(answer, "orderNumber", (double)order->id);
	reply_json(call->reply, 200, answer);
}

static bool read_form(struct order_form *form, const struct call *call)
{
	const cJSON *optional;

	return body_int(&form->org_id, call, "orgId") &&
	       body_int(&form->cert_type, call, "certType") &&
	       body_int(&form->term, call, "term") && body_text(&form->csr, call, "csr") &&
	       body_text(&form->comments, call, "comments") &&
	       body_text(&form->requester, call, "externalRequester") &&
	       body_array(&form->custom_fields, call, "customFields") &&
	       body_array(&optional, call, "optionalFields");
}

void device_enroll(struct call *call)
{
	AUTO(order_form) struct order_form form = { 0 };
	const struct order *order;

	if (!read_form(&form, call) || !order_form_check(&form, call))
		return;
	order = order_form_accept(&form, call);
	if (order)
		send_order(call, order);
}

/* The order that renews OLD. NULL: the reply refuses it. */
static const struct order *renew_order(struct call *call, const struct order *old)
{
	AUTO(order_form) struct order_form form = { .renews = old->id };

	order_form_of(&form, old);
	if ((call->body && !body_text(&form.csr, call, "csr")) ||
		!order_action_renewable(call, old) || !order_form_check(&form, call))
		return NULL;
	return order_form_accept(&form, call);
}

static void renew(struct call *call, const struct order *old)
{
	const struct order *order = renew_order(call, old);

	if (order)
		send_order(call, order);
}

void device_renew(struct call *call)
{
	const struct order *old = call_order_to_change(call);

	if (old)
		renew(call, old);
}

void device_renew_serial(struct call *call)
{
	AUTO(text) char *serial = serial_normal(call->text);
	const struct order *old = serial ? orders_by_serial(call->sim->orders, serial) : NULL;

	if (old && call_may_see(call, old))
		renew(call, old);
	else
		reply_error(call->reply, 400, -5101, call->text);
}
