#include "scm/errors.h"
#include "scm/verdict.h"
#include "scm/work.h"

static bool ask_chain(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (w->api->collect(next, w->request.order.id, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

bool scm_collect_begin(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (!w->request.order.recheck)
		return ask_chain(w, next);
	w->rechecked = true;
	if (w->api->recheck(next, w->request.order.id, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

/* Whether SCM took the hint is all the same to the order; a login that it refuses is not. */
static bool take_recheck(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	w->rechecked = false;
	if (!scm_verdict(&w->reply, a) && w->reply.err.kind == ERR_AUTH)
		return false;
	w->reply = (struct wire_reply) { .id = w->request.id };
	return ask_chain(w, next);
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

/* A pending code of scm-api.md, 3.3; of a server that is out of order it would mean nothing. */
static bool says_wait(const struct wire_reply *r, const struct scm_answer *a)
{
	return r->err.kind == ERR_UNAVAILABLE && (a->status == 400 || a->status == 404) &&
	       scm_code(r->code)->pending;
}

enum scm_collected scm_collected(struct scm_work *w, const struct scm_answer *a)
{
	bool empty = a->err.kind == ERR_NONE && scm_body_blank(a->body, a->len);
	bool fine = scm_verdict(&w->reply, a);
	struct err err = { 0 };

	if (empty && (fine || a->status == 404))
		return fine ? SCM_TOLD_TO_WAIT : SCM_NOTHING_THERE;
	if (!fine)
		return !empty && says_wait(&w->reply, a) ? SCM_TOLD_TO_WAIT : SCM_NOT_COLLECTED;
	scm_chain_dispose(&w->chain);
	if (scm_body_chain(&w->chain, a->body, a->len, &err))
		return SCM_COLLECTED;
	scm_verdict_broken(&w->reply, a, &err);
	return SCM_NOT_COLLECTED;
}

static bool take_collected(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	switch (scm_collected(w, a)) {
	case SCM_COLLECTED:
		return scm_work_give_chain(w);
	case SCM_TOLD_TO_WAIT:
		return ask_details(w, true, next);
	case SCM_NOTHING_THERE:
		return ask_details(w, false, next);
	case SCM_NOT_COLLECTED:
		break;
	}
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
	bool goes_on = w->rechecked ? take_recheck(w, a, next)
		       : w->asked   ? take_details(w, a)
				    : take_collected(w, a, next);

	w->reply.order = w->request.order.id;
	return goes_on;
}
