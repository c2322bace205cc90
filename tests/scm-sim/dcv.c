/*
 * The calls about domain control validation.
 */
#include "body.h"
#include "clock.h"
#include "dcv_state.h"
#include "handlers.h"
#include "hex.h"
#include "json.h"

#include <ctype.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TXT_LENGTH 32
#define DAY_MS ((int64_t)86400 * 1000)

/* The account's record that validates DOMAIN; NULL when the caller has none. */
static const cJSON *account_record(const struct call *call, const char *domain)
{
	const cJSON *record;

	for (record = json_first(account_domains(call->sim->account)); record;
		record = record->next)
		if (!strcasecmp(dcv_state_base(json_text(record, "name", "")), domain))
			return record;
	return NULL;
}

/* Reads "domain" and finds the account's record. False: the reply refuses it. */
static bool read_domain(const char **domain, const cJSON **record, const struct call *call)
{
	*domain = NULL;
	if (!body_text(domain, call, "domain"))
		return false;
	if (!*domain)
		return reply_missing(call->reply, "domain");
	*record = account_record(call, *domain);
	if (*record)
		return true;
	return reply_error(call->reply, 400,
		account_domain_of(call->sim->account, *domain, 0) ? -723 : -727, *domain);
}

static bool save(const struct call *call)
{
	struct err err;

	if (dcv_state_save(call->sim, &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

static void add_date(
	const struct call *call, cJSON *view, const char *name, int64_t time, const char *pattern)
{
	AUTO(text) char *date = time ? call_date(call, time, pattern) : NULL;

	if (date)
		cJSON_AddStringToObject(view, name, date);
}

static bool is_v2(const struct call *call)
{
	return strstr(call->request->path, "/dcv/v2/") != NULL;
}

/* What the second version of status adds, and sync in either. */
static void add_order(const struct call *call, cJSON *view, const cJSON *record)
{
	static const char *const members[] = { "orderMode", "host", "point", "url", "firstLine",
		"secondLine", "validationEmail", "emailValidationReferenceNumber",
		"orderBackendId" };
	int64_t submitted = json_int(record, "submitted", 0);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_copy(view, record, members[i]);
	add_date(call, view, "submittedDate", submitted, "yyyy-MM-dd");
	if (submitted)
		add_date(call, view, "lastCheck", call->now, "ISO_HMS");
}

static const char *order_status_of(const cJSON *record)
{
	return json_text(record, "orderStatus", "NOT_INITIATED");
}

/* When the domain was validated and when that ends; those of the account's are made up. */
static void add_dates(const struct call *call, cJSON *view, const cJSON *record, const char *status)
{
	bool dated = strcmp(status, "NOT_VALIDATED") != 0;
	bool over = !strcmp(status, "EXPIRED");
	int64_t since = json_int(record, "validated", call->now - (over ? 399 : 1) * DAY_MS);
	int64_t until = json_int(record, "expires", call->now + (over ? -1 : 364) * DAY_MS);

	add_date(call, view, "validationDate", dated ? since : 0, "yyyy-MM-dd");
	add_date(call, view, "expirationDate", dated ? until : 0, "yyyy-MM-dd");
}

static void send_status(struct call *call, const char *domain, const cJSON *account, bool full)
{
	const cJSON *record = dcv_state_find(call->sim, domain, false);
	const char *status = dcv_state_status(call->sim, account, call->now);
	cJSON *view = cJSON_CreateObject();

	cJSON_AddStringToObject(view, "status", status);
	add_dates(call, view, record, status);
	cJSON_AddStringToObject(view, "orderStatus", order_status_of(record));
	if (full && record)
		add_order(call, view, record);
	reply_json(call->reply, 200, view);
}

void dcv_status(struct call *call)
{
	const cJSON *account;
	const char *domain;

	if (read_domain(&domain, &account, call))
		send_status(call, domain, account, is_v2(call));
}

void dcv_sync(struct call *call)
{
	const cJSON *account;
	const char *domain;

	if (read_domain(&domain, &account, call))
		send_status(call, domain, account, true);
}

/* Empties the order of RECORD and leaves what was validated. */
static void clear_order(cJSON *record)
{
	static const char *const members[] = { "orderStatus", "orderMode", "host", "point", "url",
		"firstLine", "secondLine", "validationEmail", "emailValidationReferenceNumber",
		"orderBackendId", "submitted" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(record, members[i]);
}

void dcv_clear(struct call *call)
{
	const cJSON *account;
	const char *domain, *status;
	AUTO(text) char *message = NULL;
	cJSON *view;

	if (!read_domain(&domain, &account, call))
		return;
	clear_order(dcv_state_find(call->sim, domain, true));
	if (!save(call))
		return;
	status = dcv_state_status(call->sim, account, call->now);
	message = mem_format("DCV status: %s; DCV order status: NOT_INITIATED", status);
	view = cJSON_CreateObject();
	cJSON_AddStringToObject(view, "status", status);
	cJSON_AddStringToObject(view, "orderStatus", "NOT_INITIATED");
	cJSON_AddStringToObject(view, "message", message);
	reply_json(call->reply, 200, view);
}

void dcv_delete(struct call *call)
{
	const cJSON *account;
	const char *domain;
	cJSON *record;

	if (!read_domain(&domain, &account, call))
		return;
	record = dcv_state_find(call->sim, domain, true);
	clear_order(record);
	cJSON_DeleteItemFromObjectCaseSensitive(record, "validated");
	cJSON_DeleteItemFromObjectCaseSensitive(record, "expires");
	dcv_state_set(record, "status", cJSON_CreateString("NOT_VALIDATED"));
	if (save(call))
		reply_empty(call->reply, 200);
}

/* LENGTH random bytes in hexadecimal; owned. */
static char *random_hex(size_t length, bool upper)
{
	unsigned char bytes[32];

	if (length > sizeof(bytes) || RAND_bytes(bytes, (int)length) != 1)
		abort();
	return hex_text(bytes, length, upper, 0);
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

static void start_email(cJSON *view, const char *domain)
{
	static const char *const boxes[] = { "admin", "administrator", "hostmaster", "postmaster",
		"webmaster" };
	cJSON *emails = cJSON_AddArrayToObject(view, "emails");
	cJSON *entry = cJSON_CreateObject();
	cJSON *admins;

	cJSON_AddItemToArray(cJSON_AddArrayToObject(view, "dcvEmails"), entry);
	cJSON_AddStringToObject(entry, "domainName", domain);
	cJSON_AddArrayToObject(entry, "whoisEmails");
	admins = cJSON_AddArrayToObject(entry, "adminEmails");
	cJSON_AddArrayToObject(entry, "dnsTxtEmails");
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		AUTO(text) char *email = mem_format("%s@%s", boxes[i], domain);

		cJSON_AddItemToArray(emails, cJSON_CreateString(email));
		cJSON_AddItemToArray(admins, cJSON_CreateString(email));
	}
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

void dcv_start(struct call *call)
{
	AUTO(text) char *method = read_method(call);
	const cJSON *account;
	const char *domain;
	cJSON *record, *view;

	if (!method || !read_domain(&domain, &account, call))
		return;
	record = dcv_state_find(call->sim, domain, true);
	if (!strcmp(order_status_of(record), "SUBMITTED")) {
		refuse_state(call, domain, "SUBMITTED");
		return;
	}
	view = cJSON_CreateObject();
	clear_order(record);
	dcv_state_set(record, "orderMode", cJSON_CreateString(method));
	dcv_state_set(record, "orderStatus", cJSON_CreateString("AWAITING_SUBMISSION"));
	if (!strncmp(method, "HTTP", 4))
		start_file(record, view, domain, call->text);
	else if (!strcmp(method, "CNAME"))
		start_cname(record, view, domain);
	else if (!strcmp(method, "EMAIL"))
		start_email(view, domain);
	else
		cJSON_AddStringToObject(
			view, "message", "DCV by TXT record does not require start");
	if (save(call))
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
	return (at && !strcasecmp(at + 1, domain)) || reply_invalid(call->reply, "email");
}

/* Whether the domain's order can be submitted by METHOD; TXT needs no start. */
static bool check_started(
	const struct call *call, const char *domain, const cJSON *record, const char *method)
{
	const char *status = order_status_of(record);
	bool started = !strcmp(status, "AWAITING_SUBMISSION") &&
		       !strcmp(json_text(record, "orderMode", ""), method);

	if (started || (!strcmp(method, "TXT") && strcmp(status, "SUBMITTED")))
		return true;
	return refuse_state(call, domain, status);
}

static void submit_txt(cJSON *record, cJSON *view, const char *domain)
{
	AUTO(text) char *host = mem_format("_pki-validation.%s.", domain);
	AUTO(text) char *point = random_text(TXT_LENGTH);

	put(record, view, "host", host);
	put(record, view, "point", point);
}

void dcv_submit(struct call *call)
{
	AUTO(text) char *method = read_method(call);
	const char *domain, *email = NULL;
	const cJSON *account;
	cJSON *record, *view;
	struct err err;

	if (!method || !read_domain(&domain, &account, call))
		return;
	record = dcv_state_find(call->sim, domain, true);
	if (!check_started(call, domain, record, method) ||
		(!strcmp(method, "EMAIL") && !read_email(&email, call, domain)))
		return;
	view = cJSON_CreateObject();
	dcv_state_set(record, "orderMode", cJSON_CreateString(method));
	dcv_state_set(record, "orderStatus", cJSON_CreateString("SUBMITTED"));
	dcv_state_set(record, "submitted", cJSON_CreateNumber((double)call->now));
	put(record, view, "orderBackendId", "100500");
	if (!strcmp(method, "TXT"))
		submit_txt(record, view, domain);
	if (email) {
		dcv_state_set(record, "validationEmail", cJSON_CreateString(email));
		put(record, view, "emailValidationReferenceNumber", "1311135107");
	}
	if (!dcv_state_due(call->sim, call->now, &err) || !save(call)) {
		cJSON_Delete(view);
		reply_error(call->reply, 500, -2, NULL);
		return;
	}
	cJSON_AddStringToObject(view, "status", dcv_state_status(call->sim, account, call->now));
	cJSON_AddStringToObject(view, "orderStatus", "SUBMITTED");
	cJSON_AddStringToObject(view, "message", "Submitted successfully");
	reply_json(call->reply, 200, view);
}

static bool same_query(const struct call *call, const char *name, const char *value)
{
	const char *wanted = request_query(call->request, name);

	return !wanted || !*wanted || !strcasecmp(wanted, value);
}

void dcv_list(struct call *call)
{
	const cJSON *domain;
	struct page page;

	if (!page_open(&page, call))
		return;
	for (domain = json_first(account_domains(call->sim->account)); domain;
		domain = domain->next) {
		const char *name = json_text(domain, "name", "");
		const char *status = dcv_state_status(call->sim, domain, call->now);
		const cJSON *record = dcv_state_find(call->sim, name, false);
		cJSON *entry;

		if (account_record(call, dcv_state_base(name)) != domain ||
			!same_query(call, "domain", dcv_state_base(name)) ||
			!same_query(call, "dcvStatus", status) ||
			!same_query(call, "orderStatus", order_status_of(record)) ||
			!page_wants(&page))
			continue;
		entry = cJSON_CreateObject();
		cJSON_AddItemToArray(page.entries, entry);
		cJSON_AddStringToObject(entry, "domain", dcv_state_base(name));
		cJSON_AddStringToObject(entry, "dcvStatus", status);
		cJSON_AddStringToObject(entry, "dcvMethod", json_text(record, "method", "CNAME"));
		cJSON_AddStringToObject(entry, "dcvOrderStatus", order_status_of(record));
		cJSON_AddStringToObject(
			entry, "dcvOrderMethod", json_text(record, "orderMode", "CNAME"));
		add_dates(call, entry, record, status);
		cJSON_DeleteItemFromObjectCaseSensitive(entry, "validationDate");
	}
	page_send(&page, call);
}
