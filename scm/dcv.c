#include "scm/json_dcv.h"
#include "scm/request_dcv.h"
#include "scm/verdict.h"
#include "scm/work.h"

static bool ask(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (scm_request_dcv(next, &w->request.dcv, w->older, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

bool scm_dcv_begin(struct scm_work *w, struct scm_call *next)
{
	return ask(w, next);
}

static bool read_answer(struct scm_work *w, const struct scm_answer *a, struct err *err)
{
	if (!scm_json_dcv(&w->cells, a->body, a->len, err))
		return false;
	if (w->request.dcv.action == WIRE_DCV_STATUS && !*w->cells.item[0])
		return err_set(err, ERR_PROTOCOL, "member 'status' is missing");
	w->reply.columns = WIRE_DCV_COLUMNS;
	w->reply.rows = 1;
	w->reply.cell = (const char **)w->cells.item;
	return true;
}

bool scm_dcv_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	struct err err = { 0 };

	/* an unknown path has done nothing; so has an unknown domain, about which v1 says the same
	 */
	if (a->status == 404 && !w->older) {
		w->older = true;
		return ask(w, next);
	}
	if (!scm_verdict(&w->reply, a))
		return false;
	if (!read_answer(w, a, &err))
		return scm_verdict_broken(&w->reply, a, &err);
	return false;
}
