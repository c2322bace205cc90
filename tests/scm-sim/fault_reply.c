#include "fault_reply.h"

#include "fault_bomb.h"
#include "fault_json.h"
#include "file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BODY_LIMIT (64u << 20)
#define JSON_TYPE "application/json;charset=UTF-8"

/* Puts the answer of one kind of fault into REPLY. */
typedef void maker(struct reply *reply, const struct fault *fault);

static void send_text(struct reply *reply, int status, const char *type, const char *text)
{
	reply_bytes(reply, status, type, mem_text(text), strlen(text));
}

static void make_status(struct reply *reply, const struct fault *fault)
{
	int status = (int)fault->number;

	if (fault->op == OP_TOKEN)
		send_text(reply, status, "application/json",
			status == 401 ? "{\"error\":\"invalid_client\",\"error_description\":"
					"\"Invalid client or Invalid client credentials\"}"
				      : "{\"error\":\"unknown_error\"}");
	else if (status == 401)
		reply_error(reply, status, -16, NULL);
	else
		reply_error(reply, status, status == 403 ? -37 : status >= 500 ? -2 : -1, NULL);
}

static void make_code(struct reply *reply, const struct fault *fault)
{
	reply_error(reply, 400, (int)fault->number, NULL);
}

static void make_retry_after(struct reply *reply, const struct fault *fault)
{
	send_text(reply, 429, "text/plain", "Too Many Requests");
	reply_header(reply, "Retry-After", fault->value);
}

static void make_unavailable(struct reply *reply, const struct fault *fault)
{
	send_text(reply, 503, "text/plain",
		"upstream connect error or disconnect/reset before headers. reset reason: "
		"connection termination");
	if (fault->value)
		reply_header(reply, "Retry-After", fault->value);
}

static void make_html(struct reply *reply, const struct fault *fault)
{
	send_text(reply, fault->value ? (int)fault->number : 200, "text/html; charset=utf-8",
		"<!DOCTYPE html>\n<html><head><title>Please log in</title></head>\n"
		"<body><h1>Network access</h1><p>Your proxy wants a word.</p></body></html>\n");
}

static void make_redirect(struct reply *reply, const struct fault *fault)
{
	size_t digits = strspn(fault->value, "0123456789");
	bool given = digits == 3 && fault->value[digits] == ',';
	int status = given ? (int)strtol(fault->value, NULL, 10) : 302;

	reply_empty(reply, status);
	reply_header(reply, "Location", given ? fault->value + digits + 1 : fault->value);
}

static void make_body(struct reply *reply, const struct fault *fault)
{
	send_text(reply, 200, JSON_TYPE, fault->value);
}

static void make_body_file(struct reply *reply, const struct fault *fault)
{
	struct err err;
	size_t length;
	char *data;

	if (file_read(&data, &length, fault->value, BODY_LIMIT, &err))
		reply_bytes(reply, 200, JSON_TYPE, data, length);
	else
		send_text(reply, 500, "text/plain", err.text);
}

static const struct {
	enum fault_id id;
	maker *make;
} makers[] = {
	{ FAULT_STATUS, make_status },
	{ FAULT_CODE, make_code },
	{ FAULT_RETRY_AFTER, make_retry_after },
	{ FAULT_UNAVAILABLE, make_unavailable },
	{ FAULT_HTML, make_html },
	{ FAULT_REDIRECT, make_redirect },
	{ FAULT_BODY, make_body },
	{ FAULT_BODY_FILE, make_body_file },
};

bool fault_reply_instead(struct reply *reply, const struct faults *faults)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		const struct fault *fault = fault_find(faults, makers[i].id);

		if (!fault)
			continue;
		makers[i].make(reply, fault);
		return true;
	}
	return false;
}

/* Puts BODY, which is taken over, in the place of the reply's. */
static void put_body(struct reply *reply, char *body, size_t length)
{
	free(reply->body);
	reply->body = body;
	reply->length = length;
}

static void nest(struct reply *reply, long depth)
{
	size_t half = depth > 0 ? (size_t)depth : 0;
	char *body = mem_new(2 * half + 1, 1);

	memset(body, '[', half);
	memset(body + half, ']', half);
	put_body(reply, body, 2 * half);
}

void fault_reply_spoil(struct reply *reply, const struct faults *faults)
{
	const struct fault *deep = fault_find(faults, FAULT_NEST);
	const struct fault *bomb = fault_find(faults, FAULT_GZIP_BOMB);
	const struct fault *cut = fault_find(faults, FAULT_TRUNCATE);

	fault_json_spoil(reply, faults);
	if (deep)
		nest(reply, deep->number);
	if (bomb)
		fault_bomb(reply, bomb->number);
	if (cut && cut->number >= 0 && (size_t)cut->number < reply->length)
		reply->length = (size_t)cut->number;
}
