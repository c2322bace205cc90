/*
 * POST /replace/{id}: another certificate for the same order. Until it is issued the order keeps
 * the one it has; afterwards the new one is in its place.
 */
#include "body.h"
#include "handlers.h"
#include "order_action.h"

#include <string.h>

#define COMMON_NAME_LIMIT 64

static bool read_form(struct order_form *form, const char **reason, const struct call *call)
{
	form->csr = NULL;
	if (!body_text(&form->csr, call, "csr") ||
		!body_text(&form->wanted_name, call, "commonName") ||
		!body_texts(&form->san_array, call, "subjectAlternativeNames") || !body_dcv(call))
		return false;
	if (form->wanted_name &&
		(!*form->wanted_name || strlen(form->wanted_name) > COMMON_NAME_LIMIT))
		return reply_invalid(call->reply, "commonName");
	return body_message(reason, call, "reason");
}

void ssl_replace(struct call *call)
{
	const struct order *order = call_order_to_change(call);
	AUTO(order_form) struct order_form form = { 0 };
	const char *reason;

	if (!order)
		return;
	order_form_of(&form, order);
	if (read_form(&form, &reason, call) && order_action_replace(call, order, &form, reason))
		reply_empty(call->reply, 204);
}
