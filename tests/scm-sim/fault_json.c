#include "fault_json.h"

#include "json.h"

#include <string.h>

#define HUGE_LIMIT (1l << 30)

/* Stands for the spoilt string until the JSON text is made, since it may not be JSON itself. */
#define MARK "@spoilt@"

/* The raw contents of a JSON string; only control and utf8 are not valid there. */
static const struct {
	const char *name, *text;
} evils[] = {
	{ "control", "a\x01\x02\x07\x08\x0b\x7f z" },
	{ "ansi", "\\u001b]0;owned\\u0007\\u001b[2J\\u001b[31mred\\u001b[0m" },
	{ "newline", "line one\\r\\nERROR line two\\n<3>line three" },
	{ "format", "%n%n%s%s%p%x%99999999d" },
	{ "path", "../../../../etc/passwd" },
	{ "shell", "$(touch /tmp/owned)`id`;|&&'\\\"{}*?~" },
	{ "html", "<script>alert(1)</script>&amp;" },
	{ "nul", "before\\u0000after" },
	{ "surrogate", "\\ud800 alone" },
	{ "utf8", "\xc3\x28 \xa0\xa1 \xf8\x88\x80\x80\x80 \xed\xa0\x80 \xff" },
};

static const struct {
	const char *name, *json; /* NULL: the member goes */
} types[] = {
	{ "string", "\"text\"" },
	{ "number", "7" },
	{ "huge-number", "1e400" },
	{ "fraction", "1.5" },
	{ "negative", "-1" },
	{ "array", "[]" },
	{ "object", "{}" },
	{ "null", "null" },
	{ "bool", "true" },
	{ "drop", NULL },
};

/* Does something to member ITEM of OBJECT. */
typedef void changer(cJSON *object, cJSON *item, const char *detail);

/* The part of WORD[/MEMBER] behind the slash, or NULL. */
static const char *member_of(const char *value)
{
	const char *slash = strchr(value, '/');

	return slash ? slash + 1 : NULL;
}

static void change_members(cJSON *node, const char *member, changer *change, const char *detail)
{
	cJSON *item = node->child;

	while (item) {
		cJSON *next = item->next;

		if (cJSON_IsObject(item) || cJSON_IsArray(item))
			change_members(item, member, change, detail);
		if (cJSON_IsObject(node) && (!member || !strcmp(member, item->string)))
			change(node, item, detail);
		item = next;
	}
}

static void retype(cJSON *object, cJSON *item, const char *detail)
{
	size_t length = strcspn(detail, "/");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strlen(types[i].name) != length || strncmp(types[i].name, detail, length))
			continue;
		if (types[i].json)
			cJSON_ReplaceItemInObjectCaseSensitive(
				object, item->string, cJSON_CreateRaw(types[i].json));
		else
			cJSON_DeleteItemFromObjectCaseSensitive(object, item->string);
		return;
	}
}

/* DETAIL is MEMBER/TEXT. */
static void set_text(cJSON *object, cJSON *item, const char *detail)
{
	size_t length = strcspn(detail, "/");

	if (strlen(item->string) == length && !strncmp(item->string, detail, length))
		cJSON_ReplaceItemInObjectCaseSensitive(object, item->string,
			cJSON_CreateString(detail + length + (detail[length] == '/')));
}

static bool is_text_member(const char *name)
{
	static const char *const names[] = { "description", "status", "commonName", "name" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void mark(cJSON *object, cJSON *item, const char *detail)
{
	(void)object;
	if (cJSON_IsString(item) && (detail || is_text_member(item->string)))
		cJSON_SetValuestring(item, MARK);
}

/* The owned TEXT with each mark replaced; TEXT is freed. */
static char *fill_marks(char *text, const char *fill)
{
	size_t fill_length = strlen(fill), mark_length = strlen(MARK), count = 0;
	char *filled, *out;
	const char *p;

	for (p = text; (p = strstr(p, MARK)); p += mark_length)
		count++;
	filled = out = mem_new(strlen(text) + count * fill_length + 1, 1);
	for (p = text; *p;) {
		if (strncmp(p, MARK, mark_length)) {
			*out++ = *p++;
			continue;
		}
		memcpy(out, fill, fill_length + 1);
		out += fill_length;
		p += mark_length;
	}
	free(text);
	return filled;
}

static char *evil_text(const char *value)
{
	size_t length = strcspn(value, "/");

	for (size_t i = 0; i < sizeof(evils) / sizeof(evils[0]); i++)
		if (strlen(evils[i].name) == length && !strncmp(evils[i].name, value, length))
			return mem_text(evils[i].text);
	return mem_text("");
}

static char *huge_text(const char *value)
{
	long length = strtol(value, NULL, 10);
	char *text;

	if (length < 0 || length > HUGE_LIMIT)
		length = HUGE_LIMIT;
	text = mem_new((size_t)length + 1, 1);
	memset(text, 'A', (size_t)length);
	return text;
}

void fault_json_spoil(struct reply *reply, const struct faults *faults)
{
	const struct fault *type = fault_find(faults, FAULT_RETYPE);
	const struct fault *evil = fault_find(faults, FAULT_EVIL);
	const struct fault *huge = fault_find(faults, FAULT_HUGE);
	const struct fault *text = fault_find(faults, FAULT_MEMBER);
	const struct fault *string = evil ? evil : huge;
	AUTO(json) cJSON *body = NULL;
	AUTO(text) char *fill = NULL;

	if ((!type && !string && !text) || !reply->body)
		return;
	body = json_parse(reply->body, reply->length);
	if (!body)
		return;
	if (type)
		change_members(body, member_of(type->value), retype, type->value);
	if (text)
		change_members(body, NULL, set_text, text->value);
	if (string) {
		const char *member = member_of(string->value);

		change_members(body, member, mark, member);
	}
	free(reply->body);
	reply->body = cJSON_PrintUnformatted(body);
	if (string) {
		fill = evil ? evil_text(evil->value) : huge_text(huge->value);
		reply->body = fill_marks(reply->body, fill);
	}
	reply->length = strlen(reply->body);
}
