#include "work_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void work_begin_at(struct work_scene *s, enum wire_api api, const struct wire_request *request)
{
	struct wire_request r = *request;
	struct err err = { 0 };

	*s = (struct work_scene) { .call = SCM_CALL };
	r.id = 7;
	if (!scm_work_new(&s->work, &r, api, &err))
		fail_msg("%s", err.text);
	s->going = scm_work_begin(s->work, &s->call);
}

void work_begin(struct work_scene *s, const struct wire_request *request)
{
	work_begin_at(s, WIRE_ADMIN, request);
}

void work_end(struct work_scene *s)
{
	scm_work_free(s->work);
	scm_call_dispose(&s->call);
}

void work_expect_call(const struct work_scene *s, const char *method, const char *path)
{
	assert_true(s->going);
	assert_string_equal(s->call.method, method);
	assert_string_equal(buf_str(&s->call.path), path);
}

void work_feed_answer(struct work_scene *s, const struct scm_answer *a)
{
	assert_true(s->going);
	scm_call_dispose(&s->call);
	s->call = SCM_CALL;
	s->going = scm_work_step(s->work, a, &s->call);
}

void work_feed_total(struct work_scene *s, long status, const char *body, uint64_t total)
{
	struct scm_answer a = { .label = "CALL",
		.status = status,
		.body = body,
		.len = strlen(body),
		.location = "",
		.total = total };

	work_feed_answer(s, &a);
}

void work_feed(struct work_scene *s, long status, const char *body)
{
	work_feed_total(s, status, body, SCM_TOTAL_UNKNOWN);
}

void work_feed_failure(struct work_scene *s, bool too_large)
{
	struct scm_answer a = { .label = "CALL",
		.location = "",
		.total = SCM_TOTAL_UNKNOWN,
		.unsent = true,
		.too_large = too_large };

	err_set(&a.err, too_large ? ERR_PROTOCOL : ERR_UNAVAILABLE, "CALL: failed");
	work_feed_answer(s, &a);
}

const struct wire_reply *work_reply(const struct work_scene *s)
{
	assert_false(s->going);
	assert_int_equal(s->work->reply.id, 7);
	return &s->work->reply;
}

const char *work_order(const struct work_scene *s)
{
	const char *order = work_reply(s)->order;

	return order ? order : "";
}

void work_expect_failure(const struct work_scene *s, enum err_kind kind)
{
	const struct wire_reply *r = work_reply(s);

	if (r->err.kind != kind)
		fail_msg("%s: %s", err_name(r->err.kind), r->err.text);
	assert_string_equal(work_order(s), "");
	assert_int_equal(r->order_state, WIRE_ORDER_NONE);
	assert_int_equal(r->chain_count, 0);
	assert_null(r->status);
}

const struct wire_reply *work_expect_rows(
	const struct work_scene *s, uint32_t rows, uint32_t columns)
{
	const struct wire_reply *r = work_reply(s);

	if (r->err.kind)
		fail_msg("%s", r->err.text);
	assert_int_equal(r->rows, rows);
	assert_int_equal(r->columns, columns);
	return r;
}

void work_expect_no_rows(const struct work_scene *s, enum err_kind kind, const char *words)
{
	const struct wire_reply *r = work_reply(s);

	if (r->err.kind != kind || !strstr(r->err.text, words))
		fail_msg("%s: %s", err_name(r->err.kind), r->err.text);
	assert_int_equal(r->rows, 0);
	assert_int_equal(r->next, 0);
	assert_null(r->cell);
}
