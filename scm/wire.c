#include "scm/wire.h"

#include <string.h>

#include "scm/codec.h"

#define STORE_MAX (1024 * 1024)
#define TRUST_MAX (2 * 1024 * 1024)
#define PASSWORD_MAX 4096
#define PARALLEL_MAX 64
#define TIMEOUT_MAX_MS (10 * 60 * 1000)
#define SERIAL_MAX 128

/* ---- requests -------------------------------------------------------------------------------- */

static void account(struct codec *c, struct wire_account *a)
{
	uint32_t type = a->store_type;

	codec_str(c, &a->url, WIRE_STRING_MAX, "url");
	codec_str(c, &a->customer_uri, WIRE_STRING_MAX, "customer_uri");
	codec_str(c, &a->login, WIRE_STRING_MAX, "login");
	codec_u32(c, &type, WIRE_STORE_PEM, WIRE_STORE_PKCS11, "store_type");
	codec_bytes(c, &a->store, 0, STORE_MAX, "store");
	codec_bytes(c, &a->store_password, 0, PASSWORD_MAX, "store_password");
	codec_str(c, &a->store_alias, WIRE_STRING_MAX, "store_alias");
	codec_str(c, &a->token_module, WIRE_STRING_MAX, "token_module");
	codec_str(c, &a->token_uri, WIRE_STRING_MAX, "token_uri");
	codec_bytes(c, &a->trust_store, 0, TRUST_MAX, "trust_store");
	codec_u32(c, &a->parallel, 1, PARALLEL_MAX, "parallel");
	if (!c->wrong)
		a->store_type = type;
}

static void submit(struct codec *c, struct wire_submit *s)
{
	codec_u64(c, &s->org_id, INT64_MAX, "org_id");
	codec_u64(c, &s->profile, INT64_MAX, "profile");
	codec_u32(c, &s->term, 0, INT32_MAX, "term");
	codec_str(c, &s->csr, WIRE_STRING_MAX, "csr");
	codec_str(c, &s->names, WIRE_STRING_MAX, "names");
	codec_str(c, &s->comments, WIRE_STRING_MAX, "comments");
	codec_str(c, &s->external_requester, WIRE_STRING_MAX, "external_requester");
	codec_u32(c, &s->field_count, 0, WIRE_FIELDS_MAX, "field_count");
	for (uint32_t i = 0; !c->wrong && i < s->field_count; i++) {
		codec_str(c, &s->field[i].name, WIRE_STRING_MAX, "field name");
		codec_str(c, &s->field[i].value, WIRE_STRING_MAX, "field value");
	}
}

static void find(struct codec *c, struct wire_find *f)
{
	codec_str(c, &f->common_name, WIRE_STRING_MAX, "common_name");
	codec_str(c, &f->tag, WIRE_STRING_MAX, "tag");
	/* the empty tag stands in every comment */
	codec_check(c, !c->wrong && f->tag && *f->tag, "tag");
}

static void list(struct codec *c, struct wire_list *l)
{
	uint32_t kind = l->kind;

	codec_u32(c, &kind, WIRE_LIST_ORGANIZATIONS, WIRE_LIST_PROFILES, "list kind");
	codec_u64(c, &l->org_id, INT64_MAX, "org_id");
	if (!c->wrong)
		l->kind = kind;
}

static void probe(struct codec *c, struct wire_probe *p)
{
	codec_str(c, &p->connect_host, WIRE_STRING_MAX, "connect_host");
	codec_u32(c, &p->connect_port, 1, 65535, "connect_port");
	codec_str(c, &p->server_name, WIRE_STRING_MAX, "server_name");
	codec_u32(c, &p->timeout_ms, 1, TIMEOUT_MAX_MS, "timeout_ms");
}

static void head(struct codec *c, uint32_t *id)
{
	uint32_t version = WIRE_VERSION;

	codec_u32(c, &version, WIRE_VERSION, WIRE_VERSION, "version");
	codec_u32(c, id, 1, UINT32_MAX, "id");
}

static void request(struct codec *c, struct wire_request *r)
{
	uint32_t op = r->op;

	head(c, &r->id);
	codec_u32(c, &op, WIRE_ACCOUNT, WIRE_PROBE, "op");
	if (c->wrong)
		return;
	r->op = op;
	switch (r->op) {
	case WIRE_ACCOUNT:
		account(c, &r->account);
		break;
	case WIRE_SUBMIT:
		submit(c, &r->submit);
		break;
	case WIRE_FIND:
		find(c, &r->find);
		break;
	case WIRE_COLLECT:
	case WIRE_DETAILS:
		codec_u64(c, &r->order.ssl_id, INT64_MAX, "ssl_id");
		break;
	case WIRE_LIST:
		list(c, &r->list);
		break;
	case WIRE_PROBE:
		probe(c, &r->probe);
		break;
	}
}

/* ---- replies --------------------------------------------------------------------------------- */

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

	codec_u32(c, &r->columns, 0, WIRE_COLUMNS_MAX, "columns");
	codec_u32(c, &r->rows, 0, WIRE_ROWS_MAX, "rows");
	n = (size_t)r->columns * r->rows;
	if (c->wrong || !make_cells(c, r, n))
		return;
	for (size_t i = 0; !c->wrong && i < n; i++)
		codec_text(c, &r->cell[i], WIRE_TEXT_MAX, "cell");
}

static void reply(struct codec *c, struct wire_reply *r)
{
	uint32_t state = r->order_state;

	head(c, &r->id);
	failure(c, r);
	codec_u64(c, &r->ssl_id, INT64_MAX, "ssl_id");
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

/* ---- messages -------------------------------------------------------------------------------- */

/* Room for the length, which seal() fills in. */
static size_t open_message(struct buf *out)
{
	size_t start = out->len;

	buf_add(out, "\0\0\0\0", WIRE_HEADER);
	return start;
}

/* Sets the length of the message that begins at `start`, or takes a bad one back. */
static bool seal(struct codec *c, size_t start, size_t max, const char *what, struct err *err)
{
	size_t len = c->out->len - start - WIRE_HEADER;

	codec_check(c, !buf_ok(c->out) || len <= max, "length");
	if (!codec_end(c, what, err)) {
		c->out->len = start;
		c->out->failed = false;
		return false;
	}
	for (size_t i = 0; i < WIRE_HEADER; i++)
		c->out->data[start + i] = (char)(len >> 8 * (WIRE_HEADER - 1 - i));
	return true;
}

bool wire_encode_request(struct buf *out, const struct wire_request *r, struct err *err)
{
	struct codec c = CODEC_WRITE(out);
	struct wire_request copy = *r;
	size_t start = open_message(out);

	request(&c, &copy);
	return seal(&c, start, WIRE_REQUEST_MAX, "request to scm-agent-fetch", err);
}

bool wire_encode_reply(struct buf *out, const struct wire_reply *r, struct err *err)
{
	struct codec c = CODEC_WRITE(out);
	struct wire_reply copy = *r;
	size_t start = open_message(out);

	reply(&c, &copy);
	return seal(&c, start, WIRE_REPLY_MAX, "reply of scm-agent-fetch", err);
}

bool wire_decode_request(struct wire_request *out, const void *body, size_t len, struct err *err)
{
	struct codec c = CODEC_READ(body, len);
	struct wire_request r = { 0 };

	request(&c, &r);
	if (!codec_end(&c, "request to scm-agent-fetch", err))
		return false;
	*out = r;
	return true;
}

bool wire_decode_reply(struct wire_reply *out, const void *body, size_t len, struct err *err)
{
	struct codec c = CODEC_READ(body, len);
	AUTO(wire_reply) struct wire_reply r = { 0 };

	reply(&c, &r);
	if (!codec_end(&c, "reply of scm-agent-fetch", err))
		return false;
	*out = r;
	r.cell = NULL;
	return true;
}

bool wire_take(const char **body, size_t *len, size_t *used, const struct buf *in, size_t max,
	struct err *err)
{
	size_t n = 0;

	err->kind = ERR_NONE;
	if (in->len < WIRE_HEADER)
		return false;
	for (size_t i = 0; i < WIRE_HEADER; i++)
		n = n << 8 | (unsigned char)in->data[i];
	if (n > max)
		return err_set(err, ERR_PROTOCOL, "a message of %zu bytes, %zu at most", n, max);
	if (in->len - WIRE_HEADER < n)
		return false;
	*body = in->data + WIRE_HEADER;
	*len = n;
	*used = n + WIRE_HEADER;
	return true;
}
