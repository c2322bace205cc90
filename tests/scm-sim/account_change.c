#include "account_change.h"

#include "account.h"
#include "json.h"

#include <string.h>

static void put(cJSON *object, const char *name, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddItemToObject(object, name, value);
}

static void put_text(cJSON *object, const char *name, const char *value)
{
	if (value)
		put(object, name, cJSON_CreateString(value));
}

static void put_number(cJSON *object, const char *name, int64_t value)
{
	if (value)
		put(object, name, cJSON_CreateNumber((double)value));
}

static void apply(cJSON *record, const struct account_change *change)
{
	cJSON *ids;

	put_text(record, "login", change->login);
	put_text(record, "password", change->password);
	put_text(record, "certificateSerialNumber", change->serial);
	put_text(record, "clientId", change->client);
	put_text(record, "clientSecret", change->secret);
	put_number(record, "profile", change->profile);
	put_number(record, "term", change->term);
	if (!change->organization_count)
		return;
	ids = cJSON_CreateArray();
	for (size_t i = 0; i < change->organization_count; i++)
		cJSON_AddItemToArray(ids, cJSON_CreateNumber((double)change->organizations[i]));
	put(record, "organizations", ids);
}

/* The record of RECORDS whose member KEY is NAME, added when it is not there. */
static cJSON *record_of(cJSON *records, const char *key, const char *name)
{
	cJSON *record;

	for (record = records->child; record; record = record->next)
		if (!strcmp(json_text(record, key, ""), name))
			return record;
	record = cJSON_CreateObject();
	cJSON_AddItemToArray(records, record);
	return record;
}

bool account_change(const char *dir, const struct account_change *change, struct err *err)
{
	struct account *account;
	bool ok;

	if (!account_load(&account, dir, err))
		return false;
	if (change->client)
		apply(record_of(account_edit(account, "clients"), "clientId", change->client),
			change);
	else
		apply(record_of(account_edit(account, "logins"), "login", change->login), change);
	ok = account_save(account, dir, err);
	account_free(account);
	return ok;
}
