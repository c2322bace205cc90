#include "scm/verdict.h"
#include "scm/work.h"

#define ALREADY_REVOKED (-159)
#define NOT_ISSUED (-102) /* of a certificate that is no longer valid as well as of none yet */

/* RFC 5280, section 5.3.1, as far as SCM takes them (scm-api.md, 3.5). */
static bool known_code(uint32_t code)
{
	return code == 0 || code == 1 || code == 3 || code == 4 || code == 5;
}

bool scm_revoke_begin(struct scm_work *w, struct scm_call *next)
{
	const struct wire_revoke *r = &w->request.revoke;
	struct err err = { 0 };

	if (known_code(r->code) && w->api->revoke(next, r, &err))
		return true;
	if (err.kind == ERR_NONE)
		err_set(&err, ERR_CONFIG,
			"reason code %u: SCM takes 0 (unspecified), 1 (key compromise), 3 "
			"(affiliation changed), 4 (superseded), 5 (cessation of operation)",
			r->code);
	scm_work_fail(w, &err);
	return false;
}

static bool done(struct scm_work *w, enum wire_order_state state)
{
	w->reply = (struct wire_reply) {
		.id = w->request.id, .order = w->request.revoke.id, .order_state = state
	};
	return false;
}

/* "Only issued certificates could be revoked" is as good as done when there is none any more. */
static bool ask_details(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	w->refusal = w->reply;
	w->asked = true;
	w->reply = (struct wire_reply) { .id = w->request.id };
	if (w->api->details(next, w->request.revoke.id, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

static bool take_details(struct scm_work *w, const struct scm_answer *a)
{
	enum wire_order_state state;

	if (!scm_details_read(w, a, w->request.revoke.id))
		return false;
	state = w->reply.order_state;
	if (state == WIRE_ORDER_REVOKED || state == WIRE_ORDER_EXPIRED ||
		state == WIRE_ORDER_REPLACED)
		return done(w, state);
	w->reply = w->refusal;
	return err_set(&w->reply.err, ERR_REJECTED,
		"only issued certificates can be revoked, and the order is '%s': %s",
		w->details.status, w->refusal.err.text);
}

bool scm_revoke_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	if (w->asked)
		return take_details(w, a);
	if (scm_verdict(&w->reply, a))
		return done(w, WIRE_ORDER_REVOKED);
	if (!w->reply.refused || w->reply.err.kind != ERR_REJECTED)
		return false;
	if (w->reply.code == ALREADY_REVOKED)
		return done(w, WIRE_ORDER_REVOKED);
	return w->reply.code == NOT_ISSUED && ask_details(w, next);
}
