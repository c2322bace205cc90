#include "dcv_state.h"

#include "dcv_check.h"
#include "json.h"

#include <ctype.h>
#include <string.h>

#define FILE_NAME "dcv.json"
#define FILE_LIMIT (4u << 20)

bool dcv_state_load(struct sim *sim, struct err *err)
{
	AUTO(text) char *path = file_path(sim->dir, FILE_NAME);
	struct file_mark mark = file_mark(path);
	AUTO(text) char *text = NULL;

	if (!mark.present) {
		sim->dcv = cJSON_CreateObject();
		return true;
	}
	if (!file_read(&text, NULL, path, FILE_LIMIT, err))
		return false;
	sim->dcv = json_parse(text, strlen(text));
	return cJSON_IsObject(sim->dcv) || err_set(err, "'%s' is not a JSON object", path);
}

bool dcv_state_save(const struct sim *sim, struct err *err)
{
	AUTO(text) char *path = file_path(sim->dir, FILE_NAME);
	AUTO(text) char *text = cJSON_Print(sim->dcv);

	return file_replace(path, text, strlen(text), 0600, err);
}

const char *dcv_state_base(const char *domain)
{
	return strncmp(domain, "*.", 2) ? domain : domain + 2;
}

static char *lower(const char *text)
{
	char *copy = mem_text(text);

	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

cJSON *dcv_state_find(struct sim *sim, const char *domain, bool create)
{
	AUTO(text) char *name = lower(dcv_state_base(domain));
	cJSON *record = cJSON_GetObjectItemCaseSensitive(sim->dcv, name);

	return record || !create ? record : cJSON_AddObjectToObject(sim->dcv, name);
}

const char *dcv_state_status(const struct sim *sim, const cJSON *domain, int64_t now)
{
	AUTO(text) char *name = lower(dcv_state_base(json_text(domain, "name", "")));
	const cJSON *record = cJSON_GetObjectItemCaseSensitive(sim->dcv, name);
	const char *status =
		json_text(record, "status", json_text(domain, "validationStatus", "VALIDATED"));

	if (!strcmp(status, "VALIDATED") && json_int(record, "expires", INT64_MAX) <= now)
		return "EXPIRED";
	/* The constant, since the record may go before the caller. */
	return !strcmp(status, "VALIDATED") ? "VALIDATED"
	       : !strcmp(status, "EXPIRED") ? "EXPIRED"
					    : "NOT_VALIDATED";
}

void dcv_state_set(cJSON *record, const char *name, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(record, name);
	cJSON_AddItemToObject(record, name, value);
}

void dcv_state_validate(const struct sim *sim, cJSON *record, int64_t now)
{
	const int64_t life = sim->switches->dcv_validity_s * 1000;

	dcv_state_set(record, "status", cJSON_CreateString("VALIDATED"));
	dcv_state_set(record, "orderStatus", cJSON_CreateString("NOT_INITIATED"));
	dcv_state_set(record, "validated", cJSON_CreateNumber((double)now));
	dcv_state_set(record, "expires", cJSON_CreateNumber((double)(now + life)));
	dcv_state_set(
		record, "method", cJSON_CreateString(json_text(record, "orderMode", "CNAME")));
}

bool dcv_state_due(struct sim *sim, int64_t now, struct err *err)
{
	bool changed = false;
	cJSON *record;

	if (sim->switches->dcv_ms < 0)
		return true;
	for (record = sim->dcv->child; record; record = record->next) {
		if (strcmp(json_text(record, "orderStatus", ""), "SUBMITTED") ||
			dcv_check_wanted(sim->switches, record) ||
			now < json_int(record, "submitted", 0) + sim->switches->dcv_ms)
			continue;
		dcv_state_validate(sim, record, now);
		changed = true;
	}
	return !changed || dcv_state_save(sim, err);
}
