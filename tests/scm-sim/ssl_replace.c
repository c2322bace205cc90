/*
 * POST /replace/{id}: another certificate for the same order. Until it is issued the order keeps
 * the one it has; afterwards the new one is in its place.
 */
#include "body.h"
#include "clock.h"
#include "handlers.h"
#include "issue.h"
#include "json.h"
#include "order_form.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COMMON_NAME_LIMIT 64

static bool read_form(
	struct order_form *form, const char **reason, const char **common_name, struct call *call)
{
	form->csr = NULL;
	if (!body_text(&form->csr, call, "csr") || !body_text(common_name, call, "commonName") ||
		!body_texts(&form->san_array, call, "subjectAlternativeNames") || !body_dcv(call))
		return false;
	if (!form->csr)
		return reply_missing(call->reply, "csr");
	if (*common_name && (!**common_name || strlen(*common_name) > COMMON_NAME_LIMIT))
		return reply_invalid(call->reply, "commonName");
	return body_message(reason, call, "reason");
}

/* Records the replacement and answers; what is due at once is issued at once. */
static void record(struct call *call, cJSON *event)
{
	struct err err;

	if (!call_record(call, event))
		return;
	if (issue_due(call->sim, clock_now(), &err)) {
		reply_empty(call->reply, 204);
		return;
	}
	fprintf(stderr, "scm-sim: %s\n", err.text);
	reply_error(call->reply, 500, -2, NULL);
}

void ssl_replace(struct call *call)
{
	const struct order *order = call_order_to_change(call);
	AUTO(order_form) struct order_form form = { 0 };
	const char *reason, *common_name = NULL;
	cJSON *event;

	if (!order)
		return;
	order_form_of(&form, order);
	if (!read_form(&form, &reason, &common_name, call))
		return;
	if (order->state != ORDER_ISSUED || order->pending) {
		reply_error(call->reply, 400, -130,
			order->pending ? "APPLIED" : call_status(call, order));
		return;
	}
	if (!order_form_check(&form, call))
		return;
	if (common_name && strcasecmp(common_name, form.common_name)) {
		reply_invalid(call->reply, "commonName");
		return;
	}
	event = order_event("replacing", order->id);
	cJSON_AddStringToObject(event, "reason", reason);
	order_form_describe(event, &form);
	record(call, event);
}
