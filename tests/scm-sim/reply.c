#include "reply.h"

#include "codes.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

void reply_clear(struct reply *reply)
{
	free(reply->body);
	for (size_t i = 0; i < reply->header_count; i++) {
		free(reply->headers[i].name);
		free(reply->headers[i].value);
	}
	*reply = (struct reply) { 0 };
}

void reply_empty(struct reply *reply, int status)
{
	reply_clear(reply);
	reply->status = status;
}

void reply_bytes(struct reply *reply, int status, const char *type, char *body, size_t length)
{
	reply_empty(reply, status);
	reply_header(reply, "Content-Type", type);
	reply->body = body;
	reply->length = length;
}

void reply_json(struct reply *reply, int status, cJSON *body)
{
	char *text = cJSON_PrintUnformatted(body);

	if (!text)
		abort();
	cJSON_Delete(body);
	reply_bytes(reply, status, "application/json;charset=UTF-8", text, strlen(text));
}

bool reply_error(struct reply *reply, int status, int code, const char *argument)
{
	const char *text = codes_text(code);
	const char *hole = strstr(text, "{0}");
	AUTO(text) char *filled = NULL;

	if (hole)
		filled = mem_format(
			"%.*s%s%s", (int)(hole - text), text, argument ? argument : "", hole + 3);
	return reply_text(reply, status, code, filled ? filled : text);
}

bool reply_text(struct reply *reply, int status, int code, const char *description)
{
	cJSON *body = cJSON_CreateObject();

	cJSON_AddNumberToObject(body, "code", code);
	cJSON_AddStringToObject(body, "description", description);
	reply_json(reply, status, body);
	/* Only the answer to bad credentials is documented to the byte, and it names no charset. */
	if (code == -16)
		reply_header(reply, "Content-Type", "application/json");
	return false;
}

bool reply_missing(struct reply *reply, const char *field)
{
	return reply_error(reply, 400, -1001, field);
}

bool reply_invalid(struct reply *reply, const char *field)
{
	return reply_error(reply, 400, -1601, field);
}

bool reply_unparsable(struct reply *reply)
{
	return reply_error(reply, 400, -1002, NULL);
}

void reply_header(struct reply *reply, const char *name, const char *value)
{
	for (size_t i = 0; i < reply->header_count; i++)
		if (!strcasecmp(reply->headers[i].name, name)) {
			free(reply->headers[i].value);
			reply->headers[i].value = mem_text(value);
			return;
		}
	assert(reply->header_count < REPLY_HEADERS);
	reply->headers[reply->header_count].name = mem_text(name);
	reply->headers[reply->header_count].value = mem_text(value);
	reply->header_count++;
}
