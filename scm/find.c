#include <string.h>

#include "base/parse.h"
#include "scm/spki.h"
#include "scm/verdict.h"
#include "scm/work.h"

#define PAGE_SIZE 200	   /* SCM's largest; scm-api.md, 2 */
#define PAGE_SIZE_SMALL 20 /* for orders with so many names that a page passes the limit */
#define ORDERS_MAX 2000
#define COLLECTS_MAX 300 /* younger orders whose certificates are looked at */

static bool ask_page(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (w->api->list(next, w->request.find.common_name, &w->page, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

static bool ask_chain(struct scm_work *w, const char *id, struct scm_call *next)
{
	struct err err = { 0 };

	w->collecting = true;
	if (w->api->collect(next, id, &err))
		return true;
	scm_work_fail(w, &err);
	return false;
}

/* A replacement keeps its order: only there can it be, and no list is needed to find it. */
bool scm_find_begin(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	if (w->request.find.kind != WIRE_ENROLL && !*w->request.find.spki) {
		err_set(&err, ERR_INTERNAL, "no key to look for an order by");
		scm_work_fail(w, &err);
		return false;
	}
	if (w->request.find.kind == WIRE_REPLACE)
		return ask_chain(w, w->request.find.order, next);
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

/* What is left once they are sorted are those younger than the order that was renewed. */
static bool drop_older(struct scm_work *w, struct err *err)
{
	uint64_t old = 0;

	if (w->request.find.kind != WIRE_RENEW)
		return true;
	if (!parse_uint(&old, w->request.find.order, 0, INT64_MAX))
		return err_set(err, ERR_CONFIG, "'%s' is no order of SCM's %s: a number",
			w->request.find.order, w->api->name);
	while (w->ids.n && w->ids.id[w->ids.n - 1] <= old)
		w->ids.n--;
	return true;
}

static bool not_found(struct scm_work *w)
{
	w->reply = (struct wire_reply) { .id = w->request.id, .undecided = w->undecided };
	return false;
}

/* The details of the next order, or the clean end of the search. */
static bool ask_order(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	w->reply = (struct wire_reply) { .id = w->request.id };
	w->collecting = false;
	if (w->reading == w->ids.n)
		return not_found(w);
	if (w->api->details(next, scm_work_id(w, w->ids.id[w->reading]), &err))
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
	if (!drop_older(w, &err)) {
		scm_work_fail(w, &err);
		return false;
	}
	return ask_order(w, next);
}

static bool ask_next_order(struct scm_work *w, struct scm_call *next)
{
	w->reading++;
	return ask_order(w, next);
}

/*
 * A renewal carries no tag: its certificate tells, and as long as there is none, nothing does. An
 * order that has ended without one is of no use to us, whosever it was.
 */
static bool judge_by_key(struct scm_work *w, struct scm_call *next)
{
	struct err err = { 0 };

	switch (w->reply.order_state) {
	case WIRE_ORDER_ISSUED:
		if (w->collects++ < COLLECTS_MAX)
			return ask_chain(w, w->order, next);
		err_set(&err, ERR_PROTOCOL,
			"more than %d orders with this common name are younger than order %s; "
			"delete some in SCM",
			COLLECTS_MAX, w->request.find.order);
		scm_work_fail(w, &err);
		return false;
	case WIRE_ORDER_WAITING:
	case WIRE_ORDER_UNKNOWN:
		w->undecided = true;
		return ask_next_order(w, next);
	default:
		return ask_next_order(w, next);
	}
}

static bool take_order(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	if (!scm_details_read(w, a, w->order))
		return false;
	if (*w->request.find.tag && strstr(w->details.comments, w->request.find.tag)) {
		w->reply.order = w->order;
		return false;
	}
	if (w->request.find.kind == WIRE_RENEW)
		return judge_by_key(w, next);
	return ask_next_order(w, next);
}

/* No certificate will ever come of it: revoked, or not there any more. */
static bool gone(const struct wire_reply *r)
{
	return r->err.kind == ERR_REJECTED &&
	       (r->code == -110 || r->code == -192 || r->code == -124 || r->code == -5101);
}

static bool take_chain(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	const struct wire_find *f = &w->request.find;

	switch (scm_collected(w, a)) {
	case SCM_COLLECTED:
		if (!scm_chain_has_key(&w->chain, f->spki))
			break;
		w->reply.order = f->kind == WIRE_REPLACE ? f->order : w->order;
		return scm_work_give_chain(w);
	case SCM_TOLD_TO_WAIT:
		w->undecided = true;
		break;
	case SCM_NOTHING_THERE:
	case SCM_NOT_COLLECTED:
		if (!gone(&w->reply))
			return false;
	}
	return f->kind == WIRE_REPLACE ? not_found(w) : ask_next_order(w, next);
}

bool scm_find_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next)
{
	if (w->collecting)
		return take_chain(w, a, next);
	return w->listed ? take_order(w, a, next) : take_page(w, a, next);
}
