/*
 * Starting and submitting the validation of a domain.
 */
#include "body.h"
#include "dcv_call.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <ctype.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TXT_LENGTH 32
#define BACKEND_ID "100500"
#define TXT_MAILBOX "dns-txt@registrar.test"
#define WHOIS_MAILBOX "domains@registrar.test"

/* LENGTH random bytes in hexadecimal; owned. */
static char *random_hex(size_t length, bool upper)
{
	unsigned char bytes[32];

	if (length > sizeof(bytes) || RAND_bytes(bytes, (int)length) != 1)
		abort();
	return hex_text(bytes, length, upper, 0);
}

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

static void put(cJSON *record, cJSON *view, const char *name, const char *value)
{
	dcv_state_set(record, name, cJSON_CreateString(value));
	dcv_state_set(view, name, cJSON_CreateString(value));
}

static void start_file(cJSON *record, cJSON *view, const char *domain, const char *scheme)
{
	AUTO(text) char *name = random_hex(16, true);
	AUTO(text) char *line = random_hex(32, false);
	AUTO(text)
	char *url = mem_format("%s://%s/.well-known/pki-validation/%s.txt", scheme, domain, name);

	put(record, view, "url", url);
	put(record, view, "firstLine", line);
	put(record, view, "secondLine", "sectigo.com");
}

static void start_cname(cJSON *record, cJSON *view, const char *domain)
{
	AUTO(text) char *label = random_hex(16, false);
	AUTO(text) char *first = random_hex(16, false);
	AUTO(text) char *second = random_hex(16, false);
	AUTO(text) char *host = mem_format("_%s.%s.", label, domain);
	AUTO(text) char *point = mem_format("%s.%s.sectigo.com.", first, second);

	put(record, view, "host", host);
	put(record, view, "point", point);
}

/* Adds the mailboxes of DOMAIN to LIST, and to ALL (may be NULL). */
static void add_mailboxes(cJSON *list, cJSON *all, const char *domain)
{
	static const char *const boxes[] = { "admin", "administrator", "hostmaster", "postmaster",
		"webmaster" };
	cJSON *entry = cJSON_CreateObject();
	cJSON *admins;

	cJSON_AddItemToArray(list, entry);
	cJSON_AddStringToObject(entry, "domainName", domain);
	cJSON_AddItemToObject(entry, "whoisEmails", json_one_text(WHOIS_MAILBOX));
	admins = cJSON_AddArrayToObject(entry, "adminEmails");
	cJSON_AddItemToObject(entry, "dnsTxtEmails", json_one_text(TXT_MAILBOX));
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		AUTO(text) char *email = mem_format("%s@%s", boxes[i], domain);

		if (all)
			cJSON_AddItemToArray(all, cJSON_CreateString(email));
		cJSON_AddItemToArray(admins, cJSON_CreateString(email));
	}
}

static void start_email(cJSON *view, const char *domain)
{
	cJSON *all = cJSON_AddArrayToObject(view, "emails");

	cJSON_AddItemToArray(all, cJSON_CreateString(TXT_MAILBOX));
	cJSON_AddItemToArray(all, cJSON_CreateString(WHOIS_MAILBOX));
	add_mailboxes(cJSON_AddArrayToObject(view, "dcvEmails"), all, domain);
}

/* The method of the path in upper case; owned, NULL after the reply refused it. */
static char *read_method(const struct call *call)
{
	static const char known[] = " http https cname txt email ";
	AUTO(text) char *word = mem_format(" %s ", call->text);
	char *method;

	if (!strstr(known, word)) {
		reply_error(call->reply, 404, -1, NULL);
		return NULL;
	}
	method = mem_text(call->text);
	for (char *p = method; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	return method;
}

/* Refuses a call that does not fit the state of the domain's order. */
static bool refuse_state(const struct call *call, const char *domain, const char *status)
{
	AUTO(text)
	char *text = mem_format("The request for '%s' cannot be processed since it's "
				"domain validation status is %s.",
		domain, status);

	return reply_text(call->reply, 400, -724, text);
}

/* Begins an order by METHOD for DOMAIN. NULL: the reply refuses it. */
static cJSON *begin(const struct call *call, const char *domain, const char *method)
{
	cJSON *record = dcv_state_find(call->sim, domain, true);

	if (!strcmp(dcv_order_status(record), "SUBMITTED")) {
		refuse_state(call, domain, "SUBMITTED");
		return NULL;
	}
	dcv_clear_order(record);
	dcv_state_set(record, "orderMode", cJSON_CreateString(method));
	dcv_state_set(record, "orderStatus", cJSON_CreateString("AWAITING_SUBMISSION"));
	return record;
}

/* By e-mail several domains can be started at once; the mailboxes of all of them come back. */
static void start_several(struct call *call, const cJSON *domains)
{
	AUTO(json) cJSON *view = cJSON_CreateObject();
	cJSON *all = cJSON_AddArrayToObject(view, "emails");
	cJSON *list = cJSON_AddArrayToObject(view, "dcvEmails");
	const cJSON *item, *account;

	cJSON_AddItemToArray(all, cJSON_CreateString(TXT_MAILBOX));
	cJSON_AddItemToArray(all, cJSON_CreateString(WHOIS_MAILBOX));
	for (item = json_first(domains); item; item = item->next) {
		if (!dcv_find_domain(&account, item->valuestring, call) ||
			!begin(call, item->valuestring, "EMAIL"))
			return;
		add_mailboxes(list, NULL, item->valuestring);
	}
	if (dcv_save(call))
		reply_json(call->reply, 200, TAKE(view));
}

void dcv_start(struct call *call)
{
	AUTO(text) char *method = read_method(call);
	const cJSON *account, *several = NULL;
	const char *domain;
	cJSON *record, *view;

	if (!method || !body_texts(&several, call, "domains"))
		return;
	if (!strcmp(method, "EMAIL") && json_first(several)) {
		start_several(call, several);
		return;
	}
	if (!dcv_read_domain(&domain, &account, call))
		return;
	record = begin(call, domain, method);
	if (!record)
		return;
	view = cJSON_CreateObject();
	if (!strncmp(method, "HTTP", 4))
		start_file(record, view, domain, call->text);
	else if (!strcmp(method, "CNAME"))
		start_cname(record, view, domain);
	else if (!strcmp(method, "EMAIL"))
		start_email(view, domain);
	else
		cJSON_AddStringToObject(
			view, "message", "DCV by TXT record does not require start");
	if (dcv_save(call))
		reply_json(call->reply, 200, TAKE(view));
	cJSON_Delete(view);
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
	if (!strcmp(*email, WHOIS_MAILBOX) || !strcmp(*email, TXT_MAILBOX) ||
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
	return refuse_state(call, domain, status);
}

static void submit_txt(cJSON *record, cJSON *view, const char *domain)
{
	AUTO(text) char *host = mem_format("_pki-validation.%s.", domain);
	AUTO(text) char *point = random_graphic(TXT_LENGTH);

	put(record, view, "host", host);
	put(record, view, "point", point);
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
		put(record, view, "emailValidationReferenceNumber", "1311135107");
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
	AUTO(text) char *method = read_method(call);
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
