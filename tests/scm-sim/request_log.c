#include "request_log.h"

#include "clock.h"
#include "file.h"
#include "hex.h"
#include "urlform.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool request_log_open(int *fd, const char *dir, struct err *err)
{
	AUTO(text) char *path = file_path(dir, "requests.jsonl");

	*fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return *fd >= 0 || err_errno(err, "open '%s'", path);
}

/* The length of the UTF-8 sequence at P, 0 when it is none; P ends with a NUL. */
static size_t utf8_sequence(const unsigned char *p)
{
	size_t length = *p < 0x80	      ? 1
			: (*p & 0xe0) == 0xc0 ? 2
			: (*p & 0xf0) == 0xe0 ? 3
			: (*p & 0xf8) == 0xf0 ? 4
					      : 0;

	for (size_t i = 1; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool is_utf8(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *end = p + length;

	while (p < end && *p) {
		size_t step = utf8_sequence(p);

		if (!step)
			return false;
		p += step;
	}
	return p == end;
}

/* Adds bytes as a string, or, when they cannot be one, as base64 under another name. */
static void add_bytes(cJSON *line, const char *name, const char *data, size_t length)
{
	AUTO(text) char *other = mem_format("%sBase64", name);
	AUTO(text) char *base64 = NULL;

	if (is_utf8(data, length)) {
		cJSON_AddStringToObject(line, name, data);
		return;
	}
	base64 = base64_text(data, length);
	cJSON_AddStringToObject(line, other, base64);
}

static void add_headers(cJSON *line, const struct request *request)
{
	cJSON *headers = cJSON_AddArrayToObject(line, "headers");

	for (size_t i = 0; i < request->headers.count; i++) {
		const struct pair *pair = &request->headers.list[i];
		const char *value = pair->value ? pair->value : "";
		cJSON *entry = cJSON_CreateObject();

		if (!strcasecmp(pair->name, "password") || !strcasecmp(pair->name, "Authorization"))
			value = "***";
		add_bytes(entry, "name", pair->name, strlen(pair->name));
		add_bytes(entry, "value", value, strlen(value));
		cJSON_AddItemToArray(headers, entry);
	}
}

static void add_faults(cJSON *line, const struct faults *faults)
{
	cJSON *list = cJSON_AddArrayToObject(line, "faults");

	for (size_t i = 0; i < faults->count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(faults->list[i].text));
}

static void add_text(cJSON *line, const char *name, const char *text)
{
	if (text)
		add_bytes(line, name, text, strlen(text));
	else
		cJSON_AddNullToObject(line, name);
}

static void add_body(cJSON *line, const struct request *request, enum op op)
{
	const char *body = request->body ? request->body : "";
	bool secret = op == OP_TOKEN || op == OP_OTHER;
	AUTO(text) char *masked = secret ? urlform_mask(body, "client_secret") : NULL;

	/* these carry passwords and passphrases */
	if (op == OP_CHANGE_PASSWORD || op == OP_KEYGEN || op == OP_KEYSTORE)
		add_text(line, "body", "***");
	else if (masked)
		add_text(line, "body", masked);
	else
		add_bytes(line, "body", body, request->length);
}

static cJSON *log_line(
	const struct request *request, const struct exchange *exchange, bool answered)
{
	cJSON *line = cJSON_CreateObject();
	char stamp[CLOCK_TEXT];

	clock_stamp(stamp, clock_now());
	cJSON_AddStringToObject(line, "time", stamp);
	cJSON_AddNumberToObject(line, "connection", (double)request->connection);
	cJSON_AddNumberToObject(line, "number", (double)request->number);
	cJSON_AddStringToObject(line, "method", request->method);
	add_text(line, "target", request->target);
	cJSON_AddStringToObject(line, "operation", fault_op_name(exchange->op));
	add_text(line, "login", request_header(request, "login"));
	add_text(line, "clientSerial", request->peer_serial);
	add_text(line, "tls", request->tls);
	add_headers(line, request);
	cJSON_AddNumberToObject(line, "bodyLength", (double)request->length);
	add_body(line, request, exchange->op);
	if (answered)
		cJSON_AddNumberToObject(line, "status", exchange->reply.status);
	else
		cJSON_AddNullToObject(line, "status");
	cJSON_AddNumberToObject(line, "answerLength", (double)exchange->reply.length);
	add_faults(line, &exchange->faults);
	return line;
}

void request_log_add(
	int fd, const struct request *request, const struct exchange *exchange, bool answered)
{
	AUTO(json) cJSON *line = log_line(request, exchange, answered);
	AUTO(text) char *text = cJSON_PrintUnformatted(line);
	AUTO(text) char *ended = mem_format("%s\n", text);
	size_t length = strlen(ended);

	if (write(fd, ended, length) != (ssize_t)length)
		perror("scm-sim: requests.jsonl");
}
