#include "scm/json_dcv.h"
#include "scm/json_table.h"
#include "scm/verdict.h"
#include "scm/work.h"

#define PAGE_SIZE 200	   /* SCM's largest; scm-api.md, 2 */
#define PAGE_SIZE_SMALL 20 /* for entries with so many names that a page passes the limit */
#define ENTRIES_MAX 200000

static const struct {
	bool (*read)(struct strlist *cells, const char *text, size_t len, struct err *err);
	uint32_t columns;
} readers[] = {
	[WIRE_LIST_ORGANIZATIONS] = { scm_json_organizations, SCM_ORGANIZATION_COLUMNS },
	[WIRE_LIST_ORGANIZATION] = { scm_json_organization, SCM_ORGANIZATION_DETAILS_COLUMNS },
	[WIRE_LIST_PROFILES] = { scm_json_profiles, SCM_PROFILE_COLUMNS },
	[WIRE_LIST_FIELDS] = { scm_json_fields, SCM_FIELD_COLUMNS },
	[WIRE_LIST_DOMAINS] = { scm_json_domains, SCM_DOMAIN_COLUMNS },
	[WIRE_LIST_VALIDATIONS] = { scm_json_validations, SCM_VALIDATION_COLUMNS },
	[WIRE_LIST_CERTIFICATES] = { scm_json_certificates, SCM_CERTIFICATE_COLUMNS },
	[WIRE_LIST_PASSWORD] = { scm_json_password, SCM_PASSWORD_COLUMNS },
};

static bool ask(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (scm_request_table(next, &w->request.list, &w->page, w->older, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

bool scm_table_begin(struct scm_work *w, struct scm_call *next)
{
	uint32_t position = w->request.list.position;

	/* an odd position: the pages before this one were too large already */
	w->page = (struct scm_page) { .position = position,
		.size = position % PAGE_SIZE ? PAGE_SIZE_SMALL : PAGE_SIZE };
	return ask(w, next);
}

/*
 * Where the next page begins, 0 at the end. Where SCM does not tell the total, a page that is not
 * full is the last. A server for which `position` means nothing would never come to an end.
 */
static bool find_next(
	uint32_t *next, const struct scm_work *w, uint32_t rows, uint64_t total, struct err *err)
{
	uint64_t end = (uint64_t)w->page.position + rows;

	if (total == SCM_TOTAL_UNKNOWN ? rows < w->page.size : end >= total) {
		*next = 0;
		return true;
	}
	if (!rows)
		return err_set(err, ERR_PROTOCOL, "the list ends early: %llu of %llu entries",
			(unsigned long long)end, (unsigned long long)total);
	if (end > ENTRIES_MAX)
		return err_set(
			err, ERR_PROTOCOL, "the list does not end after %d entries", ENTRIES_MAX);
	*next = (uint32_t)end;
	return true;
}

static bool read_rows(struct scm_work *w, const struct scm_answer *a, struct err *err)
{
	enum wire_list_kind kind = w->request.list.kind;
	uint32_t columns = readers[kind].columns;
	uint32_t next = 0;
	size_t rows;

	if (!readers[kind].read(&w->cells, a->body, a->len, err))
		return false;
	rows = w->cells.n / columns;
	if (rows > WIRE_ROWS_MAX)
		return err_set(err, ERR_PROTOCOL, "more than %d entries", WIRE_ROWS_MAX);
	if (scm_list_paged(kind) && !find_next(&next, w, (uint32_t)rows, a->total, err))
		return false;
	w->reply.next = next;
	w->reply.columns = columns;
	w->reply.rows = (uint32_t)rows;
	w->reply.cell = (const char **)w->cells.item;
	return true;
}

bool scm_table_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	enum wire_list_kind kind = w->request.list.kind;
	struct err err = { 0 };

	if (a->too_large && scm_list_paged(kind) && w->page.size > PAGE_SIZE_SMALL) {
		w->page.size = PAGE_SIZE_SMALL;
		return ask(w, next);
	}
	if (a->status == 404 && scm_list_has_older(kind) && !w->older) {
		w->older = true;
		return ask(w, next);
	}
	if (!scm_verdict(&w->reply, a))
		return false;
	if (!read_rows(w, a, &err))
		return scm_verdict_broken(&w->reply, a, &err);
	return false;
}
