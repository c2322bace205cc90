/*
 * PUT /api/ssl/v1: changes of an order. What was ordered can only change as long as nobody at the
 * CA has taken it up, or after it was refused.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "order_form.h"
#include "ssl_view.h"

static bool read_id(struct call *call)
{
	call->id = 0;
	if (!body_int(&call->id, call, "sslId"))
		return false;
	return call->id || reply_missing(call->reply, "sslId");
}

static bool read_form(struct order_form *form, struct call *call)
{
	return body_int(&form->org_id, call, "orgId") &&
	       body_int(&form->cert_type, call, "certTypeId") &&
	       body_int(&form->term, call, "term") && body_text(&form->csr, call, "csr") &&
	       body_texts(&form->san_array, call, "subjectAlternativeNames") &&
	       body_text(&form->comments, call, "comments") &&
	       body_text(&form->requester, call, "externalRequester") &&
	       body_array(&form->custom_fields, call, "customFields");
}

static bool may_change(const struct order *order)
{
	return order->state == ORDER_REQUESTED || order->state == ORDER_DECLINED ||
	       order->state == ORDER_REJECTED || order->state == ORDER_INVALID;
}

/* Whether the body leaves alone what was ordered. False: the reply refuses it. */
static bool check_untouched(const struct call *call, const struct order *order)
{
	static const char *const fields[] = { "term", "certTypeId", "orgId", "commonName", "csr",
		"subjectAlternativeNames" };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->body, fields[i]);

		if (item && !cJSON_IsNull(item) && !may_change(order))
			return reply_invalid(call->reply, fields[i]);
	}
	return true;
}

static cJSON *updated_event(
	const struct call *call, const struct order *order, const struct order_form *form)
{
	cJSON *event = order_event("updated", order->id);

	cJSON_AddStringToObject(event, "comments", form->comments ? form->comments : "");
	cJSON_AddStringToObject(event, "externalRequester", form->requester ? form->requester : "");
	if (form->custom_fields)
		cJSON_AddItemToObject(
			event, "customFields", cJSON_Duplicate(form->custom_fields, true));
	json_copy(event, call->body, "suspendNotifications");
	json_copy(event, call->body, "autoRenewDetails");
	if (!may_change(order))
		return event;
	cJSON_AddNumberToObject(event, "orgId", (double)form->org_id);
	cJSON_AddStringToObject(event, "organization", json_text(form->organization, "name", ""));
	cJSON_AddNumberToObject(event, "profile", (double)form->cert_type);
	cJSON_AddNumberToObject(event, "term", (double)form->term);
	order_form_describe(event, form);
	return event;
}

static bool check(struct order_form *form, const struct call *call, const struct order *order)
{
	return may_change(order) ? order_form_check(form, call)
				 : order_form_check_notes(form, call);
}

void ssl_update(struct call *call)
{
	AUTO(order_form) struct order_form form = { 0 };
	const struct order *order = read_id(call) ? call_order_to_change(call) : NULL;

	if (!order)
		return;
	order_form_of(&form, order);
	if (!check_untouched(call, order) || !read_form(&form, call) || !check(&form, call, order))
		return;
	if (call_record(call, updated_event(call, order, &form)))
		ssl_view_send(call, order);
}
