#include "json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

cJSON *json_parse(const char *text, size_t length)
{
	AUTO(text) char *copy = mem_copy(text, length);

	/* cJSON would take the part before a NUL byte for the whole. */
	if (strlen(copy) != length)
		return NULL;
	return cJSON_ParseWithOpts(copy, NULL, true);
}

static bool parse_digits(int64_t *out, const char *text)
{
	char *end;

	if (!text[0] || !strchr("-0123456789", text[0]))
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && !*end;
}

enum json_got json_get_int(int64_t *out, const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item || cJSON_IsNull(item))
		return JSON_ABSENT;
	if (cJSON_IsString(item))
		return parse_digits(out, item->valuestring) ? JSON_FOUND : JSON_WRONG;
	if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
		fabs(item->valuedouble) > 9e15)
		return JSON_WRONG;
	*out = (int64_t)item->valuedouble;
	return JSON_FOUND;
}

enum json_got json_get_text(const char **out, const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item || cJSON_IsNull(item))
		return JSON_ABSENT;
	if (!cJSON_IsString(item))
		return JSON_WRONG;
	*out = item->valuestring;
	return JSON_FOUND;
}

enum json_got json_get_array(const cJSON **out, const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item || cJSON_IsNull(item))
		return JSON_ABSENT;
	if (!cJSON_IsArray(item))
		return JSON_WRONG;
	*out = item;
	return JSON_FOUND;
}

int64_t json_int(const cJSON *object, const char *name, int64_t fallback)
{
	int64_t value = fallback;

	return json_get_int(&value, object, name) == JSON_FOUND ? value : fallback;
}

const char *json_text(const cJSON *object, const char *name, const char *fallback)
{
	const char *value = fallback;

	json_get_text(&value, object, name);
	return value;
}

bool json_bool(const cJSON *object, const char *name, bool fallback)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

void json_copy(cJSON *to, const cJSON *from, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, name);

	if (item)
		cJSON_AddItemToObject(to, name, cJSON_Duplicate(item, true));
}

const cJSON *json_first(const cJSON *list)
{
	return list ? list->child : NULL;
}

bool json_has_int(const cJSON *array, int64_t number)
{
	const cJSON *item;

	for (item = json_first(array); item; item = item->next)
		if (cJSON_IsNumber(item) && (int64_t)item->valuedouble == number)
			return true;
	return false;
}

bool json_has_text(const cJSON *array, const char *text)
{
	const cJSON *item;

	for (item = json_first(array); item; item = item->next)
		if (cJSON_IsString(item) && !strcmp(item->valuestring, text))
			return true;
	return false;
}

const cJSON *json_find_int(const cJSON *array, const char *name, int64_t number)
{
	const cJSON *item;
	int64_t value;

	for (item = json_first(array); item; item = item->next)
		if (json_get_int(&value, item, name) == JSON_FOUND && value == number)
			return item;
	return NULL;
}

const cJSON *json_find_text(const cJSON *array, const char *name, const char *text)
{
	const cJSON *item;

	for (item = json_first(array); item; item = item->next)
		if (!strcmp(json_text(item, name, ""), text))
			return item;
	return NULL;
}

cJSON *json_one_text(const char *text)
{
	cJSON *array = cJSON_CreateArray();

	if (text)
		cJSON_AddItemToArray(array, cJSON_CreateString(text));
	return array;
}
