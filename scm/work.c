#include "scm/work.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const struct operation {
	bool (*begin)(struct scm_work *w, struct scm_call *next);
	bool (*step)(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
	const char *only_admin; /* what the other API can't do */
} operations[] = {
	[WIRE_SUBMIT] = { scm_submit_begin, scm_submit_step, NULL },
	[WIRE_FIND] = { scm_find_begin, scm_find_step, "list orders" },
	[WIRE_COLLECT] = { scm_collect_begin, scm_collect_step, NULL },
	[WIRE_DETAILS] = { scm_details_begin, scm_details_step, NULL },
	[WIRE_REVOKE] = { scm_revoke_begin, scm_revoke_step, NULL },
	[WIRE_LIST] = { scm_table_begin, scm_table_step, "list what the account holds" },
	[WIRE_DCV] = { scm_dcv_begin, scm_dcv_step, "validate domains" },
};

bool scm_work_new(
	struct scm_work **out, const struct wire_request *r, enum wire_api api, struct err *err)
{
	AUTO(scm_work) struct scm_work *w = calloc(1, sizeof(*w));

	if (!w)
		return err_memory(err);
	/* the encoder is the one place that knows every field that must be copied */
	w->message = BUF(WIRE_REQUEST_MAX + WIRE_HEADER);
	if (!wire_encode_request(&w->message, r, err) ||
		!wire_decode_request(&w->request, w->message.data + WIRE_HEADER,
			w->message.len - WIRE_HEADER, err))
		return false;
	w->api = scm_api_of(api);
	w->reply.id = r->id;
	*out = TAKE(w);
	return true;
}

void scm_work_free(struct scm_work *w)
{
	if (!w)
		return;
	buf_dispose(&w->message);
	scm_details_dispose(&w->details);
	scm_chain_dispose(&w->chain);
	strlist_dispose(&w->cells);
	scm_ids_dispose(&w->ids);
	free(w);
}

/*
 * A failure carries nothing of the steps before it. Its verdicts are about what was to be changed
 * at SCM: of other operations they would say nothing.
 */
static bool settle(struct scm_work *w, bool goes_on)
{
	struct wire_reply *r = &w->reply;
	bool submit = w->request.op == WIRE_SUBMIT;
	bool revoke = w->request.op == WIRE_REVOKE;

	if (goes_on || r->err.kind == ERR_NONE)
		return goes_on;
	*r = (struct wire_reply) { .id = r->id,
		.err = r->err,
		.code = r->code,
		.unsent = r->unsent && submit,
		.refused = r->refused && (submit || revoke),
		.retry_after = r->retry_after };
	return false;
}

static bool known(const struct scm_work *w)
{
	return w->request.op < ARRAY_LEN(operations) && operations[w->request.op].begin;
}

bool scm_work_begin(struct scm_work *w, struct scm_call *next)
{
	const struct operation *o = &operations[w->request.op];
	struct err err;

	assert(known(w));
	if (!o->only_admin || w->api == &scm_api_admin)
		return settle(w, o->begin(w, next));
	err_set(&err, ERR_REJECTED, "the %s can't %s", w->api->name, o->only_admin);
	scm_work_fail(w, &err);
	return false;
}

bool scm_work_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	assert(known(w));
	return settle(w, operations[w->request.op].step(w, a, next));
}

const char *scm_work_id(struct scm_work *w, uint64_t id)
{
	snprintf(w->order, sizeof(w->order), "%" PRIu64, id);
	return w->order;
}

bool scm_work_give_chain(struct scm_work *w)
{
	for (size_t i = 0; i < w->chain.n; i++)
		w->reply.chain[i] =
			(struct wire_bytes) { w->chain.cert[i].der, w->chain.cert[i].len };
	w->reply.chain_count = (uint32_t)w->chain.n;
	w->reply.order_state = WIRE_ORDER_ISSUED;
	return false;
}

void scm_work_fail(struct scm_work *w, const struct err *why)
{
	w->reply.err = *why;
	w->reply.unsent = true;
	settle(w, false);
}
