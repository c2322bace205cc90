/*
 * Renewals: a new order that takes what it does not say itself from an old one.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "order_action.h"

/* The order that renews OLD; borrowed. NULL: the reply refuses it. */
static const struct order *renew(struct call *call, const struct order *old)
{
	AUTO(order_form) struct order_form form = { .renews = old->id };

	order_form_of(&form, old);
	if (!body_text(&form.csr, call, "csr") || !body_dcv(call) ||
		!order_action_renewable(call, old) || !order_form_check(&form, call))
		return NULL;
	return order_form_accept(&form, call);
}

void ssl_renew(struct call *call)
{
	const struct order *old = orders_by_renew_id(call->sim->orders, call->text);

	if (!old || !call_may_see(call, old))
		reply_error(call->reply, 400, -123, NULL);
	else if (renew(call, old))
		reply_empty(call->reply, 204);
}

void ssl_renew_by_id(struct call *call)
{
	const struct order *old = call_order_to_change(call);
	const struct order *order = old ? renew(call, old) : NULL;
	cJSON *answer;

	if (!order)
		return;
	answer = cJSON_CreateObject();
	cJSON_AddNumberToObject(answer, "sslId", (double)order->id);
	reply_json(call->reply, 200, answer);
}

/* Reads which order the certificate was renewed by: its id, or its order number. */
static bool read_renewal(int64_t *id, const struct call *call)
{
	int64_t number = 0;

	*id = 0;
	if (!body_int(id, call, "id") || !body_int(&number, call, "orderNumber"))
		return false;
	if (!*id && !number)
		return reply_missing(call->reply, "id");
	if (!*id)
		*id = number - ORDER_NUMBER_BASE;
	return true;
}

void ssl_renew_manual(struct call *call)
{
	const struct order *old = call_order_to_change(call);
	const struct order *order;
	int64_t id;
	cJSON *event;

	if (!old || !read_renewal(&id, call))
		return;
	order = orders_find(call->sim->orders, id);
	if (!order || !call_may_see(call, order)) {
		reply_error(call->reply, 400, -123, NULL);
		return;
	}
	event = order_event("renewed", old->id);
	cJSON_AddNumberToObject(event, "by", (double)id);
	if (call_record(call, event))
		reply_empty(call->reply, 204);
}
