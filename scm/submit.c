#include "scm/json.h"
#include "scm/verdict.h"
#include "scm/work.h"

bool scm_submit_begin(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (scm_request_enroll(next, &w->request.submit, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

/* From here on an order may exist unless SCM itself says no: that is what the verdict knows. */
bool scm_submit_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	struct err err = { 0 };
	uint64_t id;

	(void)next;
	if (!scm_verdict(&w->reply, a))
		return false;
	if (!scm_json_enrolled(&id, a->body, a->len, &err)) {
		err_wrap(&err, "the order may exist, but its id is not understood");
		return scm_verdict_broken(&w->reply, a, &err);
	}
	w->reply.order = scm_work_id(w, id);
	return false;
}
