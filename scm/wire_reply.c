#include "scm/wire_fields.h"

#include <stdlib.h>
#include <string.h>

#define SERIAL_MAX 128

static void signed_number(struct codec *c, int64_t *value, const char *field)
{
	uint64_t n = (uint64_t)*value;

	codec_u64(c, &n, UINT64_MAX, field);
	if (!c->wrong)
		*value = (int64_t)n;
}

static void failure(struct codec *c, struct wire_reply *r)
{
	uint32_t kind = r->err.kind;
	const char *text = kind == ERR_NONE ? "" : r->err.text;

	codec_u32(c, &kind, ERR_NONE, ERR_KIND_COUNT - 1, "err kind");
	codec_text(c, &text, WIRE_TEXT_MAX, "err text");
	signed_number(c, &r->code, "code");
	codec_bool(c, &r->unsent, "unsent");
	codec_bool(c, &r->refused, "refused");
	codec_u32(c, &r->retry_after, 0, UINT32_MAX, "retry_after");
	/* both are verdicts on a failure, and they exclude each other */
	codec_check(c, !(r->unsent && r->refused), "refused");
	codec_check(c, kind != ERR_NONE || !(r->unsent || r->refused), "err kind");
	codec_check(c, c->wrong || kind != ERR_NONE || !*text, "err text");
	if (c->wrong || c->out)
		return;
	r->err.kind = kind;
	memcpy(r->err.text, text, strlen(text) + 1);
}

static void chain(struct codec *c, struct wire_reply *r)
{
	codec_u32(c, &r->chain_count, 0, WIRE_CHAIN_MAX, "chain_count");
	for (uint32_t i = 0; !c->wrong && i < r->chain_count; i++)
		codec_bytes(c, &r->chain[i], 1, WIRE_DER_MAX, "certificate");
}

/* The decoder's table of cells; bounded by WIRE_COLUMNS_MAX and WIRE_ROWS_MAX. */
static bool make_cells(struct codec *c, struct wire_reply *r, size_t n)
{
	if (c->out || !n)
		return true;
	r->cell = calloc(n, sizeof(*r->cell));
	return codec_check(c, r->cell, "rows");
}

static void rows(struct codec *c, struct wire_reply *r)
{
	size_t n;

	codec_u32(c, &r->next, 0, INT32_MAX, "next");
	codec_u32(c, &r->columns, 0, WIRE_COLUMNS_MAX, "columns");
	codec_u32(c, &r->rows, 0, WIRE_ROWS_MAX, "rows");
	n = (size_t)r->columns * r->rows;
	if (c->wrong || !make_cells(c, r, n))
		return;
	for (size_t i = 0; !c->wrong && i < n; i++)
		codec_text(c, &r->cell[i], WIRE_TEXT_MAX, "cell");
}

void wire_reply_fields(struct codec *c, struct wire_reply *r)
{
	uint32_t state = r->order_state;

	wire_head(c, &r->id);
	failure(c, r);
	wire_order_id(c, &r->order, false, "order");
	codec_bool(c, &r->enrolled, "enrolled");
	codec_bool(c, &r->undecided, "undecided");
	codec_u32(c, &state, WIRE_ORDER_NONE, WIRE_ORDER_STATE_COUNT - 1, "order_state");
	codec_text(c, &r->status, WIRE_TEXT_MAX, "status");
	codec_text(c, &r->serial, SERIAL_MAX, "serial");
	signed_number(c, &r->not_after, "not_after");
	chain(c, r);
	rows(c, r);
	if (!c->wrong)
		r->order_state = state;
}

void wire_reply_dispose(struct wire_reply *r)
{
	free(r->cell);
	*r = (struct wire_reply) { 0 };
}
