#include "body.h"

#include "json.h"

#include <string.h>

#define MESSAGE_LIMIT 512

bool body_int(int64_t *out, const struct call *call, const char *name)
{
	return json_get_int(out, call->body, name) != JSON_WRONG || reply_unparsable(call->reply);
}

bool body_text(const char **out, const struct call *call, const char *name)
{
	return json_get_text(out, call->body, name) != JSON_WRONG || reply_unparsable(call->reply);
}

bool body_array(const cJSON **out, const struct call *call, const char *name)
{
	return json_get_array(out, call->body, name) != JSON_WRONG || reply_unparsable(call->reply);
}

bool body_texts(const cJSON **out, const struct call *call, const char *name)
{
	const cJSON *item;

	if (!body_array(out, call, name))
		return false;
	for (item = json_first(*out); item; item = item->next)
		if (!cJSON_IsString(item))
			return reply_unparsable(call->reply);
	return true;
}

static bool known_dcv_mode(const char *mode)
{
	static const char *const modes[] = { "AUTO", "CNAME", "EMAIL", "HTTP", "HTTPS", "TXT",
		"PERSISTENT_TXT" };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i], mode))
			return true;
	return false;
}

bool body_dcv(const struct call *call)
{
	const char *mode = "AUTO", *email;

	if (!body_text(&mode, call, "dcvMode") || !body_text(&email, call, "dcvEmail"))
		return false;
	return known_dcv_mode(mode) || reply_unparsable(call->reply);
}

bool body_message(const char **out, const struct call *call, const char *name)
{
	switch (json_get_text(out, call->body, name)) {
	case JSON_ABSENT:
		return reply_missing(call->reply, name);
	case JSON_WRONG:
		return reply_unparsable(call->reply);
	case JSON_FOUND:
		break;
	}
	if (!**out || strlen(*out) > MESSAGE_LIMIT)
		return reply_invalid(call->reply, name);
	return true;
}

bool body_reason_code(int64_t *out, const struct call *call, bool required)
{
	static const struct {
		const char *name;
		int64_t code;
	} reasons[] = {
		{ "UNSPECIFIED", 0 },
		{ "KEY_COMPROMISE", 1 },
		{ "AFFILIATION_CHANGED", 3 },
		{ "SUPERSEDED", 4 },
		{ "CESSATION_OF_OPERATION", 5 },
	};
	const char *name = json_text(call->body, "reasonCode", "");
	enum json_got got = json_get_int(out, call->body, "reasonCode");

	if (got == JSON_ABSENT)
		return !required || reply_missing(call->reply, "reasonCode");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (got == JSON_FOUND ? reasons[i].code != *out : strcmp(reasons[i].name, name))
			continue;
		*out = reasons[i].code;
		return true;
	}
	return got == JSON_FOUND ? reply_invalid(call->reply, "reasonCode")
				 : reply_unparsable(call->reply);
}
