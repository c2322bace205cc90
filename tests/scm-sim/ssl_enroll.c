/*
 * POST /enroll.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "order_form.h"

/* Fields that only older clients send. */
static bool read_old_fields(const struct call *call)
{
	int64_t servers, server_type = -1;

	if (!body_int(&servers, call, "numberServers"))
		return false;
	if (json_get_int(&server_type, call->body, "serverType") == JSON_WRONG || server_type < -1)
		return reply_error(call->reply, 400, -35, NULL);
	return true;
}

static bool read_form(struct order_form *form, const struct call *call)
{
	return body_int(&form->org_id, call, "orgId") &&
	       body_int(&form->cert_type, call, "certType") &&
	       body_int(&form->term, call, "term") && body_text(&form->csr, call, "csr") &&
	       body_text(&form->sans, call, "subjAltNames") &&
	       body_text(&form->comments, call, "comments") &&
	       body_text(&form->requester, call, "externalRequester") &&
	       body_array(&form->custom_fields, call, "customFields") && body_dcv(call) &&
	       read_old_fields(call);
}

void ssl_enroll(struct call *call)
{
	AUTO(order_form) struct order_form form = { 0 };
	const struct order *order;
	cJSON *answer;

	if (!read_form(&form, call) || !order_form_check(&form, call))
		return;
	order = order_form_accept(&form, call);
	if (!order)
		return;
	answer = cJSON_CreateObject();
	cJSON_AddNumberToObject(answer, "sslId", (double)order->id);
	json_copy(answer, order->accepted, "renewId");
	reply_json(call->reply, 200, answer);
}
