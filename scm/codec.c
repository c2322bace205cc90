#include "scm/codec.h"

#include <string.h>

bool codec_check(struct codec *c, bool fine, const char *field)
{
	if (!fine && !c->wrong)
		c->wrong = field;
	return !c->wrong;
}

/* The next `len` bytes of the input, or NULL when they are not there. */
static const char *take(struct codec *c, size_t len, const char *field)
{
	const char *at = c->in;

	if (!codec_check(c, len <= c->left, field))
		return NULL;
	c->in += len;
	c->left -= len;
	return at;
}

static void put_number(struct codec *c, uint64_t value, size_t width)
{
	unsigned char byte[8];

	for (size_t i = 0; i < width; i++)
		byte[i] = (unsigned char)(value >> 8 * (width - 1 - i));
	buf_add(c->out, byte, width);
}

static bool get_number(struct codec *c, uint64_t *value, size_t width, const char *field)
{
	const unsigned char *byte = (const unsigned char *)take(c, width, field);
	uint64_t n = 0;

	if (!byte)
		return false;
	for (size_t i = 0; i < width; i++)
		n = n << 8 | byte[i];
	*value = n;
	return true;
}

void codec_u32(struct codec *c, uint32_t *value, uint32_t min, uint32_t max, const char *field)
{
	uint64_t n = *value;

	if (!c->out && !get_number(c, &n, 4, field))
		return;
	if (!codec_check(c, n >= min && n <= max, field))
		return;
	if (c->out)
		put_number(c, n, 4);
	else
		*value = (uint32_t)n;
}

void codec_u64(struct codec *c, uint64_t *value, uint64_t max, const char *field)
{
	uint64_t n = *value;

	if (!c->out && !get_number(c, &n, 8, field))
		return;
	if (!codec_check(c, n <= max, field))
		return;
	if (c->out)
		put_number(c, n, 8);
	else
		*value = n;
}

void codec_bool(struct codec *c, bool *value, const char *field)
{
	uint32_t n = *value;

	codec_u32(c, &n, 0, 1, field);
	if (!c->wrong)
		*value = n;
}

/* A length within bounds, then that many bytes; shared by strings and bytes. */
static const char *blob(struct codec *c, const void *data, uint32_t *len, uint32_t min,
	uint32_t max, const char *field)
{
	codec_u32(c, len, min, max, field);
	if (c->wrong)
		return NULL;
	if (!c->out)
		return take(c, *len, field);
	buf_add(c->out, data, *len);
	return data;
}

/* A length that doesn't fit 32 bits is over every bound anyway. */
static uint32_t narrow(size_t len)
{
	return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

void codec_str(struct codec *c, const char **value, size_t max, const char *field)
{
	const char *s = *value ? *value : "";
	uint32_t len = c->out ? narrow(strlen(s)) : 0;
	const char *at = blob(c, s, &len, 0, narrow(max), field);
	const char *end;

	if (!at)
		return;
	if (c->out) {
		buf_add(c->out, "", 1);
		return;
	}
	end = take(c, 1, field);
	if (end && codec_check(c, !*end && strlen(at) == len, field))
		*value = at;
}

static bool one_line(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

void codec_text(struct codec *c, const char **value, size_t max, const char *field)
{
	const char *text = *value;

	codec_str(c, &text, max, field);
	if (!c->wrong && codec_check(c, !text || one_line(text), field))
		*value = text;
}

void codec_bytes(
	struct codec *c, struct wire_bytes *value, size_t min, size_t max, const char *field)
{
	uint32_t len = c->out ? narrow(value->len) : 0;
	const char *at = blob(c, value->data, &len, narrow(min), narrow(max), field);

	if (at && !c->out)
		*value = (struct wire_bytes) { .data = at, .len = len };
}

bool codec_end(const struct codec *c, const char *what, struct err *err)
{
	enum err_kind kind = c->out ? ERR_INTERNAL : ERR_PROTOCOL;

	if (c->wrong)
		return err_set(
			err, kind, "%s: field '%s' is missing or out of bounds", what, c->wrong);
	if (c->out)
		return buf_check(c->out, what, err);
	if (c->left)
		return err_set(err, kind, "%s: %zu bytes too many", what, c->left);
	return true;
}
