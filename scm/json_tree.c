#include "scm/json_tree.h"

#include <string.h>

#include "base/buf.h"
#include "scm/json_text.h"

#define NUMBER_MAX ((double)(INT64_C(1) << 53)) /* above it a double skips integers */

static bool parse(cJSON **out, const char *text, size_t len, struct err *err)
{
	const char *end = NULL;
	cJSON *root;

	if (!json_look_over(text, len, err))
		return false;
	root = cJSON_ParseWithLengthOpts(text, len, &end, false);
	while (root && end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (root && end == text + len) {
		*out = root;
		return true;
	}
	cJSON_Delete(root);
	return err_set(err, ERR_PROTOCOL, "no JSON at byte %zu", end ? (size_t)(end - text) : 0);
}

bool json_parse_object(cJSON **out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;

	if (!parse(&root, text, len, err))
		return false;
	if (!cJSON_IsObject(root))
		return err_set(err, ERR_PROTOCOL, "the JSON is no object");
	*out = TAKE(root);
	return true;
}

bool json_parse_array(cJSON **out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;

	if (!parse(&root, text, len, err))
		return false;
	if (!cJSON_IsArray(root))
		return err_set(err, ERR_PROTOCOL, "the JSON is no array");
	*out = TAKE(root);
	return true;
}

/* ---- members --------------------------------------------------------------------------------- */

bool json_member(const cJSON **out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *found = NULL;
	const cJSON *child;

	if (!cJSON_IsObject(object))
		return err_set(err, ERR_PROTOCOL, "an entry that is no object");
	cJSON_ArrayForEach(child, object)
	{
		if (strcmp(child->string, name))
			continue;
		if (found)
			return err_set(err, ERR_PROTOCOL, "member '%s' stands twice", name);
		found = child;
	}
	*out = cJSON_IsNull(found) ? NULL : found;
	return true;
}

bool json_wrong(const char *name, const char *wanted, struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "member '%s' is no %s", name, wanted);
}

bool json_integer(int64_t *out, const cJSON *item)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble > -NUMBER_MAX) ||
		!(item->valuedouble < NUMBER_MAX) ||
		(double)(int64_t)item->valuedouble != item->valuedouble)
		return false;
	*out = (int64_t)item->valuedouble;
	return true;
}

bool json_optional_id(uint64_t *out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *item = NULL;
	int64_t n = 0;

	if (!json_member(&item, object, name, err))
		return false;
	if (!item)
		return true;
	if (!json_integer(&n, item) || n < 1)
		return json_wrong(name, "positive integer", err);
	*out = (uint64_t)n;
	return true;
}

bool json_id(uint64_t *out, const cJSON *object, const char *name, struct err *err)
{
	uint64_t id = 0;

	if (!json_optional_id(&id, object, name, err))
		return false;
	if (!id)
		return err_set(err, ERR_PROTOCOL, "member '%s' is missing", name);
	*out = id;
	return true;
}

bool json_own_id(uint64_t *out, const cJSON *object, struct err *err)
{
	uint64_t id = 0;

	if (!json_optional_id(&id, object, "sslId", err) ||
		!json_optional_id(&id, object, "id", err))
		return false;
	if (!id)
		return err_set(err, ERR_PROTOCOL, "member 'id' is missing");
	*out = id;
	return true;
}

bool json_string(const char **out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *item = NULL;

	if (!json_member(&item, object, name, err))
		return false;
	if (item && !cJSON_IsString(item))
		return json_wrong(name, "string", err);
	*out = item ? item->valuestring : "";
	return true;
}

bool json_array(const cJSON **out, const cJSON *object, const char *name, struct err *err)
{
	static const cJSON none = { .type = cJSON_Array };
	const cJSON *item = NULL;

	if (!json_member(&item, object, name, err))
		return false;
	if (item && !cJSON_IsArray(item))
		return json_wrong(name, "array", err);
	*out = item ? item : &none;
	return true;
}

void json_printable(char *out, size_t size, const char *s)
{
	size_t used = 0;

	while (*s) {
		AUTO(buf) struct buf piece = BUF(32);
		size_t step = 1;

		while (step < 4 && ((unsigned char)s[step] & 0xc0) == 0x80)
			step++;
		buf_add_printable(&piece, s, step);
		if (!buf_ok(&piece) || used + piece.len >= size)
			break;
		memcpy(out + used, piece.data, piece.len);
		used += piece.len;
		s += step;
	}
	out[used] = '\0';
}

/* "00:a9:3E" -> "A93E" */
void json_serial(char *out, size_t size, const char *s)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t used = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (; *s && used < size - 1; s++) {
		bool upper = *s >= 'a' && *s <= 'f';

		if (*s == ':' || (*s == '0' && !used))
			continue;
		if (!strchr(digits, *s))
			break;
		out[used++] = (char)(upper ? *s - 'a' + 'A' : *s);
	}
	out[*s ? 0 : used] = '\0';
}
