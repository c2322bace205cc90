#include "dcv_call.h"

#include "body.h"
#include "dcv_check.h"
#include "json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The account's record that validates DOMAIN; NULL when the caller has none. */
const cJSON *dcv_account_record(const struct call *call, const char *domain)
{
	const cJSON *record;

	for (record = json_first(account_domains(call->sim->account)); record;
		record = record->next)
		if (!strcasecmp(dcv_state_base(json_text(record, "name", "")), domain))
			return record;
	return NULL;
}

bool dcv_find_domain(const cJSON **record, const char *domain, const struct call *call)
{
	if (!domain)
		return reply_missing(call->reply, "domain");
	if (!json_bool(account_root(call->sim->account), "dcvEnabled", true))
		return reply_error(call->reply, 400, -1608, NULL);
	if (!json_bool(call->login, "allowDcv", true))
		return reply_error(call->reply, 400, -3, "DCV validation");
	*record = dcv_account_record(call, domain);
	if (*record)
		return true;
	return reply_error(call->reply, 400,
		account_domain_of(call->sim->account, domain, 0) ? -723 : -727, domain);
}

bool dcv_read_domain(const char **domain, const cJSON **record, const struct call *call)
{
	const cJSON *several = NULL;

	*domain = NULL;
	if (!body_text(domain, call, "domain") || !body_texts(&several, call, "domains"))
		return false;
	if (!*domain && cJSON_GetArraySize(several) == 1)
		*domain = several->child->valuestring;
	return dcv_find_domain(record, *domain, call);
}

bool dcv_save(const struct call *call)
{
	struct err err;

	if (dcv_state_save(call->sim, &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

const char *dcv_order_status(const cJSON *record)
{
	return json_text(record, "orderStatus", "NOT_INITIATED");
}

/* Empties the order of RECORD and leaves what was validated. */
void dcv_clear_order(cJSON *record)
{
	static const char *const members[] = { "orderStatus", "orderMode", "host", "point", "url",
		"firstLine", "secondLine", "validationEmail", "emailValidationReferenceNumber",
		"orderBackendId", "submitted", "lastCheck", "dnsAgent" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(record, members[i]);
}

static bool note(const struct call *call, const char *domain, const cJSON *record, const char *why)
{
	cJSON *event = cJSON_CreateObject();
	struct err err;

	cJSON_AddStringToObject(event, "event", "dcv");
	cJSON_AddStringToObject(event, "domain", domain);
	json_copy(event, record, "orderMode");
	cJSON_AddBoolToObject(event, "found", !why);
	if (why)
		cJSON_AddStringToObject(event, "why", why);
	if (orders_note(call->sim->orders, event, &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

bool dcv_look(struct call *call, const char *domain)
{
	cJSON *record = dcv_state_find(call->sim, domain, false);
	struct err why;
	bool found;

	if (!record || strcmp(dcv_order_status(record), "SUBMITTED") ||
		!dcv_check_wanted(call->sim->switches, record))
		return true;
	found = dcv_check(call->sim->switches, record, domain, &why);
	dcv_state_set(record, "lastCheck", cJSON_CreateNumber((double)call->now));
	if (!note(call, domain, record, found ? NULL : why.text))
		return false;
	if (found)
		dcv_state_validate(call->sim, record, call->now);
	return dcv_save(call);
}

void dcv_put(cJSON *record, cJSON *view, const char *name, const char *value)
{
	dcv_state_set(record, name, cJSON_CreateString(value));
	dcv_state_set(view, name, cJSON_CreateString(value));
}

char *dcv_read_method(const struct call *call)
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

bool dcv_refuse_state(const struct call *call, const char *domain, const char *status)
{
	AUTO(text)
	char *text = mem_format("The request for '%s' cannot be processed since it's "
				"domain validation status is %s.",
		domain, status);

	return reply_text(call->reply, 400, -724, text);
}
