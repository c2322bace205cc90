/*
 * The download of a certificate, and every way of saying that it cannot be had yet.
 */
#include "chain.h"
#include "handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void reply_not_ready(struct call *call)
{
	static const int codes[] = {
		[NOT_READY_CODE0] = 0,
		[NOT_READY_183] = -183,
		[NOT_READY_1400] = -1400,
		[NOT_READY_103] = -103,
		[NOT_READY_109] = -109,
	};
	enum not_ready form = call->sim->switches->not_ready;

	if (form == NOT_READY_404)
		reply_empty(call->reply, 404);
	else if (form == NOT_READY_EMPTY)
		reply_empty(call->reply, 200);
	else
		reply_error(call->reply, 400, codes[form], NULL);
}

static void send(struct call *call, const struct order *order, const struct chain_format *format)
{
	struct chain_source source = { order->chain, call->faults, call->sim->ca, order->id };
	AUTO(text) char *disposition = NULL;
	struct err err;
	size_t length;
	char *body;

	if (!chain_write(&body, &length, &source, format, &err)) {
		fprintf(stderr, "scm-sim: %s\n", err.text);
		reply_error(call->reply, 500, -2, NULL);
		return;
	}
	disposition = mem_format("attachment; filename=\"%" PRId64 ".cert\"", order->id);
	reply_bytes(call->reply, 200, "application/octet-stream;charset=UTF-8", body, length);
	reply_header(call->reply, "Content-Disposition", disposition);
}

/* Answers with ORDER (NULL: there is none) in the format of NAME, or says why not. */
static void collect(struct call *call, const struct order *order, const char *name)
{
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	const struct chain_format *format = chain_format(name);

	if (!order) {
		reply_error(call->reply, 404, -124, id);
		return;
	}
	if (!format) {
		reply_error(call->reply, 400, -126, name);
		return;
	}
	switch (order->state) {
	case ORDER_REQUESTED:
	case ORDER_APPLIED:
		reply_not_ready(call);
		break;
	case ORDER_ISSUED:
		if (call->now < order->issued_at + call->sim->switches->collect_lag_ms)
			reply_not_ready(call);
		else
			send(call, order, format);
		break;
	case ORDER_REVOKED:
		reply_error(call->reply, 400, -110, NULL);
		break;
	case ORDER_DECLINED:
	case ORDER_REJECTED:
	case ORDER_INVALID:
	case ORDER_DELETED:
		reply_error(call->reply, 400, -183, NULL);
		break;
	}
}

void ssl_collect(struct call *call)
{
	const char *query = request_query(call->request, "format");

	collect(call, call_order(call),
		call->text	  ? call->text
		: query && *query ? query
				  : "base64");
}

/* The link that notifications carry, which needs no login. */
void ssl_collect_public(struct call *call)
{
	const char *action = request_query(call->request, "action");
	const char *id = request_query(call->request, "sslId");
	const char *format = request_query(call->request, "format");

	call->id = id ? strtoll(id, NULL, 10) : 0;
	if (strcmp(call->text, account_customer(call->sim->account)) || !action ||
		strcmp(action, "download"))
		reply_error(call->reply, 404, -1, NULL);
	else
		collect(call, call_order(call), format && *format ? format : "base64");
}
