#include <stdio.h>

#include "scm/verdict.h"
#include "scm/work.h"

static bool ask(struct scm_work *w, struct scm_call *next)
{
	const struct wire_submit *s = &w->request.submit;
	struct err err = { 0 };
	bool ok;

	if (s->kind == WIRE_REPLACE)
		ok = w->api->replace(next, s, &err);
	else if (s->kind == WIRE_RENEW && !w->enrolling)
		ok = w->api->renew(next, s, &err);
	else
		ok = w->api->enroll(next, s, &err);
	if (!ok)
		scm_work_fail(w, &err);
	return ok;
}

bool scm_submit_begin(struct scm_work *w, struct scm_call *next)
{
	return ask(w, next);
}

/*
 * A final no to the renewal of that order, which says nothing against a new one: the profile does
 * not allow it (-180), the order can't be renewed (-105, -123, -130) or is not there any more
 * (-124, -5101).
 */
static bool renewal_refused(const struct scm_work *w)
{
	static const int64_t codes[] = { -105, -123, -124, -130, -180, -5101 };

	if (w->request.submit.kind != WIRE_RENEW || w->enrolling || !w->reply.refused ||
		w->reply.err.kind != ERR_REJECTED)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i] == w->reply.code)
			return true;
	return false;
}

static bool enroll_instead(struct scm_work *w, struct scm_call *next)
{
	w->reply = (struct wire_reply) { .id = w->request.id };
	w->enrolling = true;
	return ask(w, next);
}

static bool read_order(struct scm_work *w, const struct scm_answer *a, struct err *err)
{
	const struct wire_submit *s = &w->request.submit;

	if (!scm_body_blank(a->body, a->len))
		return w->api->read_order(w->order, a->body, a->len, err);
	if (s->kind != WIRE_REPLACE || !w->api->replace_keeps_id)
		return err_set(err, ERR_PROTOCOL, "an empty answer");
	snprintf(w->order, sizeof(w->order), "%s", s->order);
	return true;
}

/* From here on an order may exist unless SCM itself says no: that is what the verdict knows. */
bool scm_submit_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	struct err err = { 0 };

	if (!scm_verdict(&w->reply, a))
		return renewal_refused(w) && enroll_instead(w, next);
	if (!read_order(w, a, &err)) {
		err_wrap(&err, "the order may exist, but its id is not understood");
		return scm_verdict_broken(&w->reply, a, &err);
	}
	w->reply.order = w->order;
	w->reply.enrolled = w->enrolling;
	return false;
}
