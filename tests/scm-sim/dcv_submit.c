/*
 * Submitting the validation of a domain: from now on somebody looks for what was published.
 */
#include "body.h"
#include "dcv_call.h"
#include "handlers.h"
#include "json.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TXT_LENGTH 32
#define BACKEND_ID "100500"

/* LENGTH random characters of any kind that can be seen; owned. */
static char *random_graphic(size_t length)
{
	char *text = mem_new(length + 1, 1);

	if (RAND_bytes((unsigned char *)text, (int)length) != 1)
		abort();
	for (size_t i = 0; i < length; i++)
		text[i] = (char)('!' + (unsigned char)text[i] % ('~' - '!' + 1));
	return text;
}

/* Reads the mailbox of a submission by e-mail. */
static bool read_email(const char **email, const struct call *call, const char *domain)
{
	const char *at;

	*email = NULL;
	if (!body_text(email, call, "email"))
		return false;
	if (!*email)
		return reply_missing(call->reply, "email");
	at = strchr(*email, '@');
	if (!strcmp(*email, DCV_WHOIS_MAILBOX) || !strcmp(*email, DCV_TXT_MAILBOX) ||
		(at && !strcasecmp(at + 1, domain)))
		return true;
	return reply_invalid(call->reply, "email");
}

/* Whether the domain's order can be submitted by METHOD; TXT and a DNS connector need no start. */
static bool check_started(
	const struct call *call, const char *domain, const cJSON *record, const char *method)
{
	const char *status = dcv_order_status(record);
	bool started = !strcmp(status, "AWAITING_SUBMISSION") &&
		       !strcmp(json_text(record, "orderMode", ""), method);

	bool unneeded = !strcmp(method, "TXT") || cJSON_HasObjectItem(call->body, "dnsAgentUUID");

	if (started || (unneeded && strcmp(status, "SUBMITTED") != 0))
		return true;
	return dcv_refuse_state(call, domain, status);
}

static void submit_txt(cJSON *record, cJSON *view, const char *domain)
{
	AUTO(text) char *host = mem_format("_pki-validation.%s.", domain);
	AUTO(text) char *point = random_graphic(TXT_LENGTH);

	dcv_put(record, view, "host", host);
	dcv_put(record, view, "point", point);
}

/* Submits the order of RECORD by METHOD, to EMAIL if there is one; adds to VIEW what comes of it.
 */
static void submit(
	const struct call *call, cJSON *record, cJSON *view, const char *method, const char *email)
{
	dcv_state_set(record, "orderMode", cJSON_CreateString(method));
	dcv_state_set(record, "orderStatus", cJSON_CreateString("SUBMITTED"));
	dcv_state_set(record, "submitted", cJSON_CreateNumber((double)call->now));
	dcv_state_set(record, "orderBackendId", cJSON_CreateString(BACKEND_ID));
	if (email) {
		dcv_state_set(record, "validationEmail", cJSON_CreateString(email));
		dcv_put(record, view, "emailValidationReferenceNumber", "1311135107");
	}
	if (cJSON_HasObjectItem(call->body, "dnsAgentUUID"))
		dcv_state_set(record, "dnsAgent", cJSON_CreateTrue());
}

/* Answers a submission, taking VIEW over. */
static void send_submitted(struct call *call, cJSON *view)
{
	cJSON_AddStringToObject(view, "orderStatus", "SUBMITTED");
	cJSON_AddStringToObject(view, "message", "Submitted successfully");
	cJSON_AddStringToObject(view, "orderBackendId", BACKEND_ID);
	reply_json(call->reply, 200, view);
}

/* Keeps what was submitted; what is due is validated at once. */
static bool settle(struct call *call)
{
	struct err err;

	if (dcv_state_due(call->sim, call->now, &err))
		return dcv_save(call);
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

void dcv_submit(struct call *call)
{
	AUTO(text) char *method = dcv_read_method(call);
	AUTO(json) cJSON *view = cJSON_CreateObject();
	const char *domain, *email = NULL;
	const cJSON *account;
	cJSON *record;

	if (!method || !dcv_read_domain(&domain, &account, call))
		return;
	record = dcv_state_find(call->sim, domain, true);
	if (!check_started(call, domain, record, method) ||
		(!strcmp(method, "EMAIL") && !read_email(&email, call, domain)))
		return;
	submit(call, record, view, method, email);
	if (!strcmp(method, "TXT"))
		submit_txt(record, view, domain);
	if (!settle(call) || !dcv_look(call, domain))
		return;
	cJSON_AddStringToObject(view, "status", dcv_state_status(call->sim, account, call->now));
	send_submitted(call, TAKE(view));
}

void dcv_submit_bulk(struct call *call)
{
	AUTO(json) cJSON *view = cJSON_CreateObject();
	const cJSON *domains = NULL, *item, *account;
	const char *email = NULL;

	if (!body_texts(&domains, call, "domains") || !body_text(&email, call, "email"))
		return;
	if (!json_first(domains) || !email) {
		reply_missing(call->reply, email ? "domains" : "email");
		return;
	}
	for (item = json_first(domains); item; item = item->next) {
		AUTO(json) cJSON *own = cJSON_CreateObject();
		cJSON *record;

		if (!dcv_find_domain(&account, item->valuestring, call))
			return;
		record = dcv_state_find(call->sim, item->valuestring, true);
		if (!check_started(call, item->valuestring, record, "EMAIL") ||
			!read_email(&email, call, item->valuestring))
			return;
		submit(call, record, own, "EMAIL", email);
	}
	if (settle(call))
		send_submitted(call, TAKE(view));
}
