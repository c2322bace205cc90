/*
 * The request log, DIR/requests.jsonl: one JSON object a line for each request, written before its
 * answer leaves. No value of a password, a token or a client secret
 * is ever in it.
 */
#ifndef SIM_REQUEST_LOG_H
#define SIM_REQUEST_LOG_H

#include "exchange.h"

/* Opens DIR/requests.jsonl for adding lines; FD is the caller's. */
MUST bool request_log_open(int *fd, const char *dir, struct err *err);

/* Adds a line; ANSWERED says whether any answer is sent. */
void request_log_add(
	int fd, const struct request *request, const struct exchange *exchange, bool answered);

#endif
