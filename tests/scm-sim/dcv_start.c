/*
 * Starting the validation of a domain: what has to be published is made up.
 */
#include "body.h"
#include "dcv_call.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <openssl/rand.h>
#include <string.h>

/* LENGTH random bytes in hexadecimal; owned. */
static char *random_hex(size_t length, bool upper)
{
	unsigned char bytes[32];

	if (length > sizeof(bytes) || RAND_bytes(bytes, (int)length) != 1)
		abort();
	return hex_text(bytes, length, upper, 0);
}

static void start_file(cJSON *record, cJSON *view, const char *domain, const char *scheme)
{
	AUTO(text) char *name = random_hex(16, true);
	AUTO(text) char *line = random_hex(32, false);
	AUTO(text)
	char *url = mem_format("%s://%s/.well-known/pki-validation/%s.txt", scheme, domain, name);

	dcv_put(record, view, "url", url);
	dcv_put(record, view, "firstLine", line);
	dcv_put(record, view, "secondLine", "sectigo.com");
}

static void start_cname(cJSON *record, cJSON *view, const char *domain)
{
	AUTO(text) char *label = random_hex(16, false);
	AUTO(text) char *first = random_hex(16, false);
	AUTO(text) char *second = random_hex(16, false);
	AUTO(text) char *host = mem_format("_%s.%s.", label, domain);
	AUTO(text) char *point = mem_format("%s.%s.sectigo.com.", first, second);

	dcv_put(record, view, "host", host);
	dcv_put(record, view, "point", point);
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
	cJSON_AddItemToObject(entry, "whoisEmails", json_one_text(DCV_WHOIS_MAILBOX));
	admins = cJSON_AddArrayToObject(entry, "adminEmails");
	cJSON_AddItemToObject(entry, "dnsTxtEmails", json_one_text(DCV_TXT_MAILBOX));
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

	cJSON_AddItemToArray(all, cJSON_CreateString(DCV_TXT_MAILBOX));
	cJSON_AddItemToArray(all, cJSON_CreateString(DCV_WHOIS_MAILBOX));
	add_mailboxes(cJSON_AddArrayToObject(view, "dcvEmails"), all, domain);
}

/* Begins an order by METHOD for DOMAIN. NULL: the reply refuses it. */
static cJSON *begin(const struct call *call, const char *domain, const char *method)
{
	cJSON *record = dcv_state_find(call->sim, domain, true);

	if (!strcmp(dcv_order_status(record), "SUBMITTED")) {
		dcv_refuse_state(call, domain, "SUBMITTED");
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

	cJSON_AddItemToArray(all, cJSON_CreateString(DCV_TXT_MAILBOX));
	cJSON_AddItemToArray(all, cJSON_CreateString(DCV_WHOIS_MAILBOX));
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
	AUTO(text) char *method = dcv_read_method(call);
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
