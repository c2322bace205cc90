/*
 * What domain control validation has come to, and its end.
 */
#include "dcv_call.h"
#include "handlers.h"
#include "json.h"
#include "word.h"

#include <string.h>

#define HOUR_MS ((int64_t)3600 * 1000)
#define DAY_MS ((int64_t)86400 * 1000)

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
	int64_t checked = json_int(record, "lastCheck", call->now);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_copy(view, record, members[i]);
	add_date(call, view, "submittedDate", submitted, "yyyy-MM-dd");
	add_date(call, view, "lastCheck", submitted ? checked : 0, "ISO_HMS");
	add_date(call, view, "nextCheck", submitted ? checked + HOUR_MS : 0, "ISO_HMS");
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
	cJSON_AddStringToObject(view, "orderStatus", dcv_order_status(record));
	if (full && record)
		add_order(call, view, record);
	reply_json(call->reply, 200, view);
}

void dcv_status(struct call *call)
{
	const cJSON *account;
	const char *domain;

	if (dcv_read_domain(&domain, &account, call) && dcv_look(call, domain))
		send_status(call, domain, account, is_v2(call));
}

void dcv_sync(struct call *call)
{
	const cJSON *account;
	const char *domain;

	if (dcv_read_domain(&domain, &account, call) && dcv_look(call, domain))
		send_status(call, domain, account, true);
}

void dcv_clear(struct call *call)
{
	const cJSON *account;
	const char *domain, *status;
	AUTO(text) char *message = NULL;
	cJSON *view;

	if (!dcv_read_domain(&domain, &account, call))
		return;
	dcv_clear_order(dcv_state_find(call->sim, domain, true));
	if (!dcv_save(call))
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

	if (!dcv_read_domain(&domain, &account, call))
		return;
	record = dcv_state_find(call->sim, domain, true);
	dcv_clear_order(record);
	cJSON_DeleteItemFromObjectCaseSensitive(record, "validated");
	cJSON_DeleteItemFromObjectCaseSensitive(record, "expires");
	dcv_state_set(record, "status", cJSON_CreateString("NOT_VALIDATED"));
	if (dcv_save(call))
		reply_empty(call->reply, 200);
}

static bool same_query(const struct call *call, const char *name, const char *value)
{
	const char *wanted = request_query(call->request, name);

	return !wanted || !*wanted || word_same(wanted, value);
}

/* Whether the organization or department of query parameter NAME, if there is one, has DOMAIN. */
static bool of_organization(const struct call *call, const cJSON *domain, const char *name)
{
	const char *wanted = request_query(call->request, name);

	return !wanted || !*wanted ||
	       account_delegated(call->sim->account, domain, strtoll(wanted, NULL, 10));
}

/* Whether the validation that RECORD has ends within the days of expiresIn, if there are any. */
static bool ends_soon(const struct call *call, const cJSON *record)
{
	const char *wanted = request_query(call->request, "expiresIn");
	int64_t until = json_int(record, "expires", call->now + 364 * DAY_MS);

	return !wanted || !*wanted || until <= call->now + strtoll(wanted, NULL, 10) * DAY_MS;
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

		if (dcv_account_record(call, dcv_state_base(name)) != domain ||
			!same_query(call, "domain", dcv_state_base(name)) ||
			!of_organization(call, domain, "org") ||
			!of_organization(call, domain, "department") || !ends_soon(call, record) ||
			!same_query(call, "dcvStatus", status) ||
			!same_query(call, "orderStatus", dcv_order_status(record)) ||
			!page_wants(&page))
			continue;
		entry = cJSON_CreateObject();
		cJSON_AddItemToArray(page.entries, entry);
		cJSON_AddStringToObject(entry, "domain", dcv_state_base(name));
		cJSON_AddStringToObject(entry, "dcvStatus", status);
		cJSON_AddStringToObject(entry, "dcvMethod", json_text(record, "method", "CNAME"));
		cJSON_AddStringToObject(entry, "dcvOrderStatus", dcv_order_status(record));
		cJSON_AddStringToObject(
			entry, "dcvOrderMethod", json_text(record, "orderMode", "CNAME"));
		add_dates(call, entry, record, status);
		cJSON_DeleteItemFromObjectCaseSensitive(entry, "validationDate");
	}
	page_send(&page, call);
}
