/*
 * The Enrollment API: the same orders by other calls. Organization, profile and term come from the
 * caller's REST account; orders have string ids; what is pending is 404.
 */
#include "body.h"
#include "chain.h"
#include "handlers.h"
#include "json.h"
#include "order_action.h"

#include <ctype.h>
#include <stdio.h>

/* Turns customFields, an object of texts, into the array that forms have; owned. */
static bool read_custom_fields(cJSON **out, const struct call *call)
{
	const cJSON *fields = cJSON_GetObjectItemCaseSensitive(call->body, "customFields");
	const cJSON *field;
	cJSON *list;

	if (!fields || cJSON_IsNull(fields))
		return true;
	if (!cJSON_IsObject(fields))
		return reply_unparsable(call->reply);
	list = cJSON_CreateArray();
	for (field = json_first(fields); field; field = field->next) {
		cJSON *entry = cJSON_CreateObject();

		cJSON_AddItemToArray(list, entry);
		cJSON_AddStringToObject(entry, "name", field->string);
		cJSON_AddItemToObject(entry, "value", cJSON_Duplicate(field, true));
	}
	*out = list;
	return true;
}

/* Reads what all orders of this API have; OWNED holds what was made for the form. */
static bool read_form(struct order_form *form, cJSON **owned, const struct call *call)
{
	if (!body_text(&form->csr, call, "csr") ||
		!body_texts(&form->san_array, call, "subjAltNames") ||
		!body_text(&form->comments, call, "comments") ||
		!body_text(&form->requester, call, "externalRequester") ||
		!read_custom_fields(owned, call))
		return false;
	if (*owned)
		form->custom_fields = *owned;
	return true;
}

static void send_id(struct call *call, const struct order *order)
{
	cJSON *answer = cJSON_CreateObject();

	json_copy(answer, order->accepted, "certId");
	reply_json(call->reply, 200, answer);
}

static int64_t organization_of(const cJSON *account)
{
	const cJSON *id = json_first(cJSON_GetObjectItemCaseSensitive(account, "organizations"));

	return cJSON_IsNumber(id) ? (int64_t)id->valuedouble : 0;
}

void enrollment_enroll(struct call *call)
{
	AUTO(json) cJSON *owned = NULL;
	AUTO(order_form) struct order_form form = { .by_endpoint = true };
	const struct order *order;

	form.org_id = organization_of(call->login);
	form.cert_type = json_int(call->login, "profile", 0);
	form.term = json_int(call->login, "term", 0);
	if (!read_form(&form, &owned, call) || !order_form_check(&form, call))
		return;
	order = order_form_accept(&form, call);
	if (order)
		send_id(call, order);
}

/* The order of the path; borrowed. NULL: the reply says that it is unknown. */
static const struct order *find(struct call *call)
{
	const struct order *order = orders_by_cert_id(call->sim->orders, call->text);

	if (order && call_may_see(call, order))
		return order;
	reply_error(call->reply, 404, -5101, call->text);
	return NULL;
}

static void reply_pending(struct call *call)
{
	bool later = call->sim->switches->not_ready == NOT_READY_109;

	reply_error(call->reply, 404, later ? -109 : -103, NULL);
}

static void send_chain(struct call *call, const struct order *order)
{
	struct chain_source source = { order->chain, call->faults, call->sim->ca, order->id };
	struct err err;
	size_t length;
	char *body;

	if (chain_write(&body, &length, &source, chain_format("x509R"), &err)) {
		reply_bytes(call->reply, 200, "application/x-pem-file", body, length);
		return;
	}
	fprintf(stderr, "scm-sim: %s\n", err.text);
	reply_error(call->reply, 500, -2, NULL);
}

void enrollment_collect(struct call *call)
{
	const struct order *order = find(call);

	if (!order)
		return;
	switch (order->state) {
	case ORDER_REQUESTED:
	case ORDER_APPLIED:
		reply_pending(call);
		break;
	case ORDER_ISSUED:
		if (call->now < order->issued_at + call->sim->switches->collect_lag_ms)
			reply_pending(call);
		else
			send_chain(call, order);
		break;
	case ORDER_REVOKED:
		reply_error(call->reply, 400, -110, NULL);
		break;
	case ORDER_DECLINED:
	case ORDER_REJECTED:
	case ORDER_INVALID:
	case ORDER_DELETED:
		reply_error(call->reply, 400, -183, NULL);
		break;
	}
}

void enrollment_status(struct call *call)
{
	const struct order *order = find(call);
	AUTO(text) char *status = order ? mem_text(call_status(call, order)) : NULL;
	cJSON *answer;

	if (!order)
		return;
	for (char *p = status; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	answer = cJSON_CreateObject();
	cJSON_AddStringToObject(answer, "status", status);
	cJSON_AddObjectToObject(answer, "dcvInfo");
	reply_json(call->reply, 200, answer);
}

void enrollment_dcv_recheck(struct call *call)
{
	if (find(call))
		reply_empty(call->reply, 202);
}

/* Reads what only a renewal may say. */
static bool read_renewal(struct order_form *form, const struct call *call)
{
	int64_t profile = form->cert_type;
	const char *email;

	if (!body_int(&profile, call, "profileId") || !body_text(&email, call, "email") ||
		!body_int(&form->term, call, "term") || !body_dcv(call))
		return false;
	if (profile != form->cert_type) {
		AUTO(text) char *id = mem_format("%lld", (long long)profile);

		return reply_error(call->reply, 400, -111, id);
	}
	return true;
}

void enrollment_renew(struct call *call)
{
	AUTO(json) cJSON *owned = NULL;
	AUTO(order_form) struct order_form form = { .by_endpoint = true };
	const struct order *old = find(call);
	const struct order *order;

	if (!old)
		return;
	order_form_of(&form, old);
	form.renews = old->id;
	if (!read_form(&form, &owned, call) || !read_renewal(&form, call) ||
		!order_action_renewable(call, old) || !order_form_check(&form, call))
		return;
	order = order_form_accept(&form, call);
	if (order)
		send_id(call, order);
}

void enrollment_replace(struct call *call)
{
	AUTO(order_form) struct order_form form = { 0 };
	const struct order *order = find(call);

	if (!order)
		return;
	order_form_of(&form, order);
	form.csr = NULL;
	if (body_text(&form.csr, call, "csr") &&
		body_texts(&form.san_array, call, "subjAltNames") &&
		body_text(&form.comments, call, "comments") &&
		order_action_replace(call, order, &form, ""))
		send_id(call, order);
}

void enrollment_revoke(struct call *call)
{
	const struct order *order = find(call);
	const char *message;
	int64_t code = 0;

	if (order && body_message(&message, call, "message") &&
		body_reason_code(&code, call, false) &&
		order_action_revoke(call, order, code, message))
		reply_empty(call->reply, 200);
}
