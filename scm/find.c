#include <string.h>

#include "scm/verdict.h"
#include "scm/work.h"

#define PAGE_SIZE 200	   /* SCM's largest; scm-api.md, 2 */
#define PAGE_SIZE_SMALL 20 /* for orders with so many names that a page passes the limit */
#define ORDERS_MAX 2000

static bool ask_page(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (scm_request_list(next, w->request.find.common_name, &w->page, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

bool scm_find_begin(struct scm_work *w, struct scm_call *next)
{
	w->page = (struct scm_page) { .position = 0, .size = PAGE_SIZE };
	return ask_page(w, next);
}

static bool seen(const struct scm_ids *ids, uint64_t id)
{
	for (size_t i = 0; i < ids->n; i++)
		if (ids->id[i] == id)
			return true;
	return false;
}

/* Appends those that are not there yet. */
static bool merge(struct scm_ids *all, const struct scm_ids *page, struct err *err)
{
	uint64_t *grown = reallocarray(all->id, all->n + page->n + 1, sizeof(*grown));

	if (!grown)
		return err_memory(err);
	all->id = grown;
	for (size_t i = 0; i < page->n; i++)
		if (!seen(all, page->id[i]))
			all->id[all->n++] = page->id[i];
	if (all->n > ORDERS_MAX)
		return err_set(err, ERR_PROTOCOL,
			"more than %d orders with this common name; delete old ones in SCM",
			ORDERS_MAX);
	return true;
}

/*
 * Whether `*done` all orders were listed. Only the total, or a page that is empty, proves the end:
 * a page that is merely short may be one that the server cut. A server that repeats itself would
 * never end.
 */
static bool judge_page(bool *done, const struct scm_work *w, const struct scm_ids *page,
	size_t before, uint64_t total, struct err *err)
{
	bool known = total != SCM_TOTAL_UNKNOWN;
	bool fresh = w->ids.n > before;

	*done = known ? w->ids.n >= total : !page->n;
	if (*done || fresh)
		return true;
	if (!known && page->n < w->page.size) {
		*done = true;
		return true;
	}
	if (known && !page->n)
		return err_set(err, ERR_PROTOCOL, "the list ends early: %zu of %llu orders",
			w->ids.n, (unsigned long long)total);
	return err_set(err, ERR_PROTOCOL, "the list repeats itself: 'position' has no effect");
}

static int newest_first(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The details of the next order, or the clean end of the search. */
static bool ask_order(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (w->reading == w->ids.n) {
		w->reply = (struct wire_reply) { .id = w->request.id };
		return false;
	}
	if (scm_request_details(next, scm_work_id(w, w->ids.id[w->reading]), &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

static bool read_page(bool *done, struct scm_work *w, const struct scm_answer *a, struct err *err)
{
	AUTO(scm_ids) struct scm_ids page = { 0 };
	size_t before = w->ids.n;

	if (!scm_json_ids(&page, a->body, a->len, err) || !merge(&w->ids, &page, err) ||
		!judge_page(done, w, &page, before, a->total, err))
		return false;
	w->page.position += (uint32_t)page.n;
	return true;
}

static bool take_page(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	struct err err = { 0 };

	if (a->too_large && w->page.size > PAGE_SIZE_SMALL) {
		w->page.size = PAGE_SIZE_SMALL;
		return ask_page(w, next);
	}
	if (!scm_verdict(&w->reply, a))
		return false;
	if (!read_page(&w->listed, w, a, &err))
		return scm_verdict_broken(&w->reply, a, &err);
	if (!w->listed)
		return ask_page(w, next);
	qsort(w->ids.id, w->ids.n, sizeof(*w->ids.id), newest_first);
	return ask_order(w, next);
}

static bool take_order(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	char id[sizeof(w->order)];

	memcpy(id, w->order, sizeof(id));
	if (!scm_details_read(w, a, id))
		return false;
	if (strstr(w->details.comments, w->request.find.tag)) {
		w->reply.order = scm_work_id(w, w->details.ssl_id);
		return false;
	}
	w->reading++;
	return ask_order(w, next);
}

bool scm_find_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	return w->listed ? take_order(w, a, next) : take_page(w, a, next);
}
