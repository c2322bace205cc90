#include "scm/json_table.h"
#include "scm/verdict.h"
#include "scm/work.h"

bool scm_table_begin(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (scm_request_table(next, &w->request.list, &w->page, false, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

static bool read_rows(struct scm_work *w, const struct scm_answer *a, struct err *err)
{
	uint32_t columns = SCM_ORGANIZATION_COLUMNS;

	if (w->request.list.kind == WIRE_LIST_PROFILES) {
		columns = SCM_PROFILE_COLUMNS;
		if (!scm_json_profiles(&w->cells, a->body, a->len, err))
			return false;
	} else if (!scm_json_organizations(&w->cells, a->body, a->len, err)) {
		return false;
	}
	if (w->cells.n / columns > WIRE_ROWS_MAX)
		return err_set(err, ERR_PROTOCOL, "more than %d entries", WIRE_ROWS_MAX);
	w->reply.columns = columns;
	w->reply.rows = (uint32_t)(w->cells.n / columns);
	w->reply.cell = (const char **)w->cells.item;
	return true;
}

bool scm_table_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	struct err err = { 0 };

	(void)next;
	if (!scm_verdict(&w->reply, a))
		return false;
	if (!read_rows(w, a, &err))
		return scm_verdict_broken(&w->reply, a, &err);
	return false;
}
