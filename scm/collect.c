#include "scm/errors.h"
#include "scm/verdict.h"
#include "scm/work.h"

bool scm_collect_begin(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (scm_request_collect(next, w->request.order.id, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

/*
 * "Not yet" says nothing about an order that was declined meanwhile: only its details do, and
 * without them it would be polled for ever.
 */
static bool ask_details(struct scm_work *w, bool told_to_wait, struct scm_call *next)
{
	w->reply = (struct wire_reply) { .id = w->request.id };
	w->told_to_wait = told_to_wait;
	w->asked = true;
	return scm_details_begin(w, next);
}

static bool take_chain(struct scm_work *w, const struct scm_answer *a)
{
	struct err err = { 0 };

	if (!scm_body_chain(&w->chain, a->body, a->len, &err))
		return scm_verdict_broken(&w->reply, a, &err);
	for (size_t i = 0; i < w->chain.n; i++)
		w->reply.chain[i] =
			(struct wire_bytes) { w->chain.cert[i].der, w->chain.cert[i].len };
	w->reply.chain_count = (uint32_t)w->chain.n;
	w->reply.order_state = WIRE_ORDER_ISSUED;
	return false;
}

/* A pending code of scm-api.md, 3.3; of a server that is out of order it would mean nothing. */
static bool says_wait(const struct wire_reply *r, const struct scm_answer *a)
{
	return r->err.kind == ERR_UNAVAILABLE && (a->status == 400 || a->status == 404) &&
	       scm_code(r->code)->pending;
}

static bool take_collected(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	bool empty = a->err.kind == ERR_NONE && scm_body_blank(a->body, a->len);
	bool fine = scm_verdict(&w->reply, a);

	if (fine && !empty)
		return take_chain(w, a);
	if (fine)
		return ask_details(w, true, next);
	if (empty && a->status == 404)
		return ask_details(w, false, next);
	if (!empty && says_wait(&w->reply, a))
		return ask_details(w, true, next);
	return false;
}

/* What only says that the order is in work, or nothing that we know, leaves it waiting. */
static enum wire_order_state while_waiting(enum wire_order_state state)
{
	switch (state) {
	case WIRE_ORDER_REFUSED:
	case WIRE_ORDER_REVOKED:
	case WIRE_ORDER_EXPIRED:
	case WIRE_ORDER_REPLACED:
		return state;
	default:
		return WIRE_ORDER_WAITING;
	}
}

static bool take_details(struct scm_work *w, const struct scm_answer *a)
{
	if (scm_details_read(w, a, w->request.order.id))
		w->reply.order_state = while_waiting(w->reply.order_state);
	else if (w->told_to_wait)
		w->reply = (struct wire_reply) { .id = w->request.id,
			.order_state = WIRE_ORDER_WAITING };
	return false;
}

bool scm_collect_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	bool goes_on = w->asked ? take_details(w, a) : take_collected(w, a, next);

	w->reply.order = w->request.order.id;
	return goes_on;
}
