/*
 * Certificates of persons. Orders are named by their backendCertId, which is the order number that
 * details of servers' certificates have.
 */
#include "body.h"
#include "handlers.h"
#include "json.h"
#include "order_action.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* The path's number is one of the backend's. */
static void take_number(struct call *call)
{
	call->id -= ORDER_NUMBER_BASE;
}

static void send_order(struct call *call, const struct order *order)
{
	AUTO(text) char *backend = mem_format("%" PRId64, order->id + ORDER_NUMBER_BASE);
	cJSON *answer = cJSON_CreateObject();

	cJSON_AddNumberToObject(answer, "orderNumber", (double)(order->id + ORDER_NUMBER_BASE));
	cJSON_AddStringToObject(answer, "backendCertId", backend);
	reply_json(call->reply, 200, answer);
}

/* Reads the person; the mailbox is the certificate's first name. */
static bool read_person(struct order_form *form, const struct call *call)
{
	static const char *const texts[] = { "firstName", "middleName", "lastName", "commonName",
		"phone", "eppn", "upn" };
	const char *text;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!body_text(&text, call, texts[i]))
			return false;
	if (!body_text(&form->sans, call, "email") ||
		!body_texts(&form->san_array, call, "secondaryEmails"))
		return false;
	if (!form->sans)
		return reply_missing(call->reply, "email");
	return strchr(form->sans, '@') || reply_error(call->reply, 400, -518, NULL);
}

static bool read_form(struct order_form *form, const struct call *call)
{
	return body_int(&form->org_id, call, "orgId") &&
	       body_int(&form->cert_type, call, "certType") &&
	       body_int(&form->term, call, "term") && body_text(&form->csr, call, "csr") &&
	       body_text(&form->comments, call, "comments") &&
	       body_array(&form->custom_fields, call, "customFields") && read_person(form, call);
}

void smime_enroll(struct call *call)
{
	AUTO(order_form) struct order_form form = { 0 };
	const struct order *order;

	if (!read_form(&form, call) || !order_form_check(&form, call))
		return;
	order = order_form_accept(&form, call);
	if (order)
		send_order(call, order);
}

void smime_collect(struct call *call)
{
	take_number(call);
	ssl_collect(call);
}

void smime_renew(struct call *call)
{
	AUTO(order_form) struct order_form form = { 0 };
	const struct order *old, *order;

	take_number(call);
	old = call_order_to_change(call);
	if (!old)
		return;
	order_form_of(&form, old);
	form.renews = old->id;
	if ((call->body && !body_text(&form.csr, call, "csr")) ||
		!order_action_renewable(call, old) || !order_form_check(&form, call))
		return;
	order = order_form_accept(&form, call);
	if (order)
		send_order(call, order);
}

void smime_revoke(struct call *call)
{
	take_number(call);
	ssl_revoke(call);
}

static bool has_mailbox(const struct order *order, const char *email)
{
	const cJSON *name;

	for (name = json_first(cJSON_GetObjectItemCaseSensitive(order->accepted, "sans")); name;
		name = name->next)
		if (cJSON_IsString(name) && !strcasecmp(name->valuestring, email))
			return true;
	return false;
}

/* Revokes all that a mailbox has. */
void smime_revoke_email(struct call *call)
{
	const char *email = NULL, *reason = "";
	int64_t code = 0, found = 0;

	if (!body_text(&email, call, "email") || !body_text(&reason, call, "reason") ||
		!body_reason_code(&code, call, false))
		return;
	if (!email) {
		reply_missing(call->reply, "email");
		return;
	}
	for (size_t i = 0; i < orders_count(call->sim->orders); i++) {
		const struct order *order = orders_at(call->sim->orders, i);

		if (order->state != ORDER_ISSUED || !call_may_see(call, order) ||
			!has_mailbox(order, email))
			continue;
		if (!order_action_revoke(call, order, code, reason))
			return;
		found++;
	}
	if (found)
		reply_empty(call->reply, 204);
	else
		reply_error(call->reply, 400, -1108, email);
}
