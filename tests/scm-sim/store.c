#include "store.h"

#include "json.h"

#include <stdarg.h>
#include <stdio.h>

cJSON *store_list(const struct call *call, const char *list)
{
	return account_edit(call->sim->account, list);
}

cJSON *store_find(const struct call *call, const char *list, int64_t id)
{
	cJSON *entry;

	cJSON_ArrayForEach(entry, store_list(call, list))
	{
		if (json_int(entry, "id", -1) == id)
			return entry;
	}
	return NULL;
}

int64_t store_next_id(const cJSON *list, int64_t first)
{
	const cJSON *entry;

	for (entry = json_first(list); entry; entry = entry->next)
		if (json_int(entry, "id", 0) >= first)
			first = json_int(entry, "id", 0) + 1;
	return first;
}

void store_put(cJSON *entry, const char *name, cJSON *value)
{
	cJSON_DeleteItemFromObjectCaseSensitive(entry, name);
	cJSON_AddItemToObject(entry, name, value);
}

void store_copy(cJSON *entry, const cJSON *body, const char *const *names)
{
	for (; *names; names++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, *names);

		if (item && !cJSON_IsNull(item))
			store_put(entry, *names, cJSON_Duplicate(item, true));
	}
}

bool store_save(const struct call *call)
{
	struct err err;

	if (account_save(call->sim->account, call->sim->dir, &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

void store_done(const struct call *call, int status)
{
	if (store_save(call))
		reply_empty(call->reply, status);
}

void store_created(const struct call *call, const char *format, ...)
{
	const char *host = request_header(call->request, "Host");
	AUTO(text) char *url = NULL;
	char path[256];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	if (!store_save(call))
		return;
	url = mem_format("https://%s%s", host ? host : "localhost", path);
	reply_empty(call->reply, 201);
	reply_header(call->reply, "Location", url);
}
