#include <string.h>

#include "scm/verdict.h"
#include "scm/work.h"

/* scm-api.md, 3.4. Spelling differs between releases ("SA Approved"): case and blanks don't count.
 */
static const struct {
	const char *status;
	enum wire_order_state state;
} states[] = {
	{ "init", WIRE_ORDER_WAITING },
	{ "requested", WIRE_ORDER_WAITING },
	{ "approved", WIRE_ORDER_WAITING },
	{ "saapproved", WIRE_ORDER_WAITING },
	{ "applied", WIRE_ORDER_WAITING },
	{ "issued", WIRE_ORDER_ISSUED },
	{ "declined", WIRE_ORDER_REFUSED },
	{ "rejected", WIRE_ORDER_REFUSED },
	{ "invalid", WIRE_ORDER_REFUSED },
	{ "revoked", WIRE_ORDER_REVOKED },
	{ "expired", WIRE_ORDER_EXPIRED },
	{ "replaced", WIRE_ORDER_REPLACED },
};

static bool same_status(const char *known, const char *status)
{
	for (; *status; status++) {
		char c = *status >= 'A' && *status <= 'Z' ? (char)(*status + 'a' - 'A') : *status;

		if (c == ' ' || c == '_')
			continue;
		if (c != *known++)
			return false;
	}
	return !*known;
}

static enum wire_order_state state_of(const char *status)
{
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (same_status(states[i].status, status))
			return states[i].state;
	return WIRE_ORDER_UNKNOWN;
}

bool scm_details_read(struct scm_work *w, const struct scm_answer *a, const char *id)
{
	struct err err = { 0 };

	if (!scm_verdict(&w->reply, a))
		return false;
	scm_details_dispose(&w->details);
	if (!w->api->read_details(&w->details, a->body, a->len, &err))
		return scm_verdict_broken(&w->reply, a, &err);
	if (*w->details.id && strcmp(w->details.id, id) != 0) {
		err_set(&err, ERR_PROTOCOL, "details of order %s instead", w->details.id);
		return scm_verdict_broken(&w->reply, a, &err);
	}
	w->reply.order_state = state_of(w->details.status);
	w->reply.status = w->details.status;
	w->reply.serial = w->details.serial;
	return true;
}

bool scm_details_begin(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (w->api->details(next, w->request.order.id, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

bool scm_details_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	(void)next;
	if (scm_details_read(w, a, w->request.order.id))
		w->reply.order = w->request.order.id;
	return false;
}
