/*
 * The answer to one request, made by a handler and changed by faults before it is sent, and the
 * error codes of the API with their texts.
 */
#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include "mem.h"

#include <stdbool.h>

#define REPLY_HEADERS 8

struct reply {
	int status;
	char *body; /* owned */
	size_t length;
	struct {
		char *name, *value; /* owned */
	} headers[REPLY_HEADERS];
	size_t header_count;
};

/* Releases what the reply owns and leaves an empty one. */
void reply_clear(struct reply *reply);

/* Each of these puts a new answer in the place of whatever REPLY holds. */

/* STATUS alone, without a body. */
void reply_empty(struct reply *reply, int status);

/* STATUS with BODY as application/json;charset=UTF-8; takes BODY over. */
void reply_json(struct reply *reply, int status, cJSON *body);

/* STATUS with LENGTH bytes of any TYPE; takes BODY over. */
void reply_bytes(struct reply *reply, int status, const char *type, char *body, size_t length);

/*
 * STATUS with {"code", "description"}, the description being the API's text of CODE with ARGUMENT
 * (may be NULL) in the place of {0}. Returns false, so that a check can end with it.
 */
bool reply_error(struct reply *reply, int status, int code, const char *argument);

/* The same with a description of the caller's. */
bool reply_text(struct reply *reply, int status, int code, const char *description);

/* The same for -1001: Value of 'FIELD' must not be null. */
bool reply_missing(struct reply *reply, const char *field);

/* The same for -1601: Field 'FIELD' has invalid value. */
bool reply_invalid(struct reply *reply, const char *field);

/* The same for -1002: Cannot parse message body. */
bool reply_unparsable(struct reply *reply);

/* Adds or replaces a header. */
void reply_header(struct reply *reply, const char *name, const char *value);

#endif
