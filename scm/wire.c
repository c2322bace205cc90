#include "scm/wire.h"

#include <string.h>

#include "scm/wire_fields.h"

/* ---- what both kinds of records have --------------------------------------------------------- */

void wire_order_id(struct codec *c, const char **id, bool wanted, const char *field)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~";

	codec_str(c, id, WIRE_ID_MAX, field);
	if (c->wrong)
		return;
	codec_check(c, !*id || !(*id)[strspn(*id, fine)], field);
	codec_check(c, !*id || (strcmp(*id, ".") != 0 && strcmp(*id, "..") != 0), field);
	codec_check(c, !wanted || (*id && **id), field);
}

void wire_head(struct codec *c, uint32_t *id)
{
	uint32_t version = WIRE_VERSION;

	codec_u32(c, &version, WIRE_VERSION, WIRE_VERSION, "version");
	codec_u32(c, id, 1, UINT32_MAX, "id");
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

	wire_request_fields(&c, &copy);
	return seal(&c, start, WIRE_REQUEST_MAX, "request to scm-agent-fetch", err);
}

bool wire_encode_reply(struct buf *out, const struct wire_reply *r, struct err *err)
{
	struct codec c = CODEC_WRITE(out);
	struct wire_reply copy = *r;
	size_t start = open_message(out);

	wire_reply_fields(&c, &copy);
	return seal(&c, start, WIRE_REPLY_MAX, "reply of scm-agent-fetch", err);
}

bool wire_decode_request(struct wire_request *out, const void *body, size_t len, struct err *err)
{
	struct codec c = CODEC_READ(body, len);
	struct wire_request r = { 0 };

	wire_request_fields(&c, &r);
	if (!codec_end(&c, "request to scm-agent-fetch", err))
		return false;
	*out = r;
	return true;
}

bool wire_decode_reply(struct wire_reply *out, const void *body, size_t len, struct err *err)
{
	struct codec c = CODEC_READ(body, len);
	AUTO(wire_reply) struct wire_reply r = { 0 };

	wire_reply_fields(&c, &r);
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
