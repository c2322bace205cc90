/*
 * Whole operations against a server that answers anything: they end, whatever comes; the reply is
 * one that the agent can decode; and an order is only ever reported with an id that can be asked
 * for again, and never said not to exist after a success.
 *
 * Input: one byte for the operation, then answers: a byte for the status, one for the total, two
 * for the length of the body, the body.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "scm/work.h"

#define STEPS_MAX 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SUBMIT(what)                                                                               \
	{                                                                                          \
		.id = 1, .op = WIRE_SUBMIT, .submit = {                                            \
			.kind = (what),                                                            \
			.order = "54",                                                             \
			.org_id = 1,                                                               \
			.profile = 2,                                                              \
			.csr = "MIIB",                                                             \
			.reason = "x"                                                              \
		}                                                                                  \
	}
#define FIND(what)                                                                                 \
	{                                                                                          \
		.id = 1, .op = WIRE_FIND, .find = {(what), "a.example", "tag", "5", "aa" }         \
	}

static const struct wire_request requests[] = {
	SUBMIT(WIRE_ENROLL),
	SUBMIT(WIRE_RENEW),
	SUBMIT(WIRE_REPLACE),
	FIND(WIRE_ENROLL),
	FIND(WIRE_RENEW),
	FIND(WIRE_REPLACE),
	{ .id = 1, .op = WIRE_COLLECT, .order = { "54" } },
	{ .id = 1, .op = WIRE_DETAILS, .order = { "54" } },
	{ .id = 1, .op = WIRE_REVOKE, .revoke = { "54", 4, "x" } },
};

static const long statuses[] = { 200, 204, 302, 400, 401, 403, 404, 429, 500, 503 };

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t byte(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

/* An input that has ended goes on with empty answers. */
static struct scm_answer answer(struct input *in)
{
	struct scm_answer a = { .label = "CALL", .location = "", .total = SCM_TOTAL_UNKNOWN };
	uint8_t total;

	a.status = statuses[byte(in) % ARRAY_LEN(statuses)];
	total = byte(in);
	if (total < 8)
		a.total = total;
	a.len = byte(in);
	a.len = a.len << 8 | byte(in);
	a.len = a.len < in->size ? a.len : in->size;
	a.body = (const char *)in->data;
	in->data += a.len;
	in->size -= a.len;
	return a;
}

static void check_call(const struct scm_call *c, enum wire_op op)
{
	const char *path = buf_str(&c->path);

	assert(c->method && *path == '/' && buf_ok(&c->path) && buf_ok(&c->body));
	assert(!strstr(path, "/../") && !strstr(path, "/./"));
	assert(c->order == (op == WIRE_SUBMIT));
}

static void check_reply(const struct scm_work *w, bool answered)
{
	const struct wire_reply *r = &w->reply;
	AUTO(buf) struct buf message = BUF(WIRE_REPLY_MAX + WIRE_HEADER);
	AUTO(wire_reply) struct wire_reply back = { 0 };
	bool order = r->order && *r->order;
	struct err err = { 0 };

	assert(wire_encode_reply(&message, r, &err));
	assert(wire_decode_reply(
		&back, message.data + WIRE_HEADER, message.len - WIRE_HEADER, &err));
	assert(!(r->unsent && answered && w->request.submit.kind != WIRE_RENEW));
	if (w->request.op != WIRE_SUBMIT)
		return;
	assert(order == (r->err.kind == ERR_NONE));
	assert(!order || (strcmp(r->order, ".") != 0 && strcmp(r->order, "..") != 0));
}

static void run(const struct wire_request *request, enum wire_api api, struct input *in)
{
	AUTO(scm_work) struct scm_work *w = NULL;
	struct err err = { 0 };
	bool going;
	int steps = 0;

	assert(scm_work_new(&w, request, api, &err));
	{
		AUTO(scm_call) struct scm_call first = SCM_CALL;

		going = scm_work_begin(w, &first);
		if (going)
			check_call(&first, request->op);
	}
	for (; going && steps < STEPS_MAX; steps++) {
		AUTO(scm_call) struct scm_call next = SCM_CALL;
		struct scm_answer a = answer(in);

		going = scm_work_step(w, &a, &next);
		if (going)
			check_call(&next, request->op);
	}
	assert(!going);
	check_reply(w, steps > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t which = byte(&in);

	run(&requests[which % ARRAY_LEN(requests)], which & 0x80 ? WIRE_ENROLLMENT : WIRE_ADMIN,
		&in);
	return 0;
}
