#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void buf_dispose(struct buf *b)
{
	free(b->data);
	*b = BUF(b->max);
}

void buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_dispose(b);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

/*
 * A fresh block instead of realloc: realloc would leave a copy of a secret behind in memory that
 * buf_wipe() can no longer reach.
 */
static bool grow(struct buf *b, size_t want)
{
	size_t cap = b->cap ? b->cap : 64;
	char *data;

	if (b->failed || want > b->max) {
		b->failed = true;
		return false;
	}
	while (cap < want + 1)
		cap *= 2;
	if (cap == b->cap)
		return true;
	data = malloc(cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	if (b->data) {
		memcpy(data, b->data, b->len + 1);
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	b->data = data;
	b->cap = cap;
	return true;
}

char *buf_extend(struct buf *b, size_t len)
{
	char *at;

	if (len > SIZE_MAX / 2 - b->len || !grow(b, b->len + len)) {
		b->failed = true;
		return NULL;
	}
	at = b->data + b->len;
	b->len += len;
	b->data[b->len] = '\0';
	return at;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *at = buf_extend(b, len);

	if (at && len)
		memcpy(at, data, len);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_list again;
	char *at;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	at = n < 0 ? NULL : buf_extend(b, (size_t)n);
	if (at)
		vsnprintf(at, (size_t)n + 1, fmt, again);
	else
		b->failed = true;
	va_end(again);
}

void buf_add_hex(struct buf *b, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *byte = data;
	char *at = len > SIZE_MAX / 2 ? NULL : buf_extend(b, 2 * len);

	if (!at) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		at[2 * i] = digits[byte[i] >> 4];
		at[2 * i + 1] = digits[byte[i] & 15];
	}
}

/*
 * C1 controls, surrogates, and what reorders or hides the text around it: marks of direction,
 * separators of lines, joiners and other signs without width, tags (Unicode, general categories Cc,
 * Cs, Cf, Zl, Zp).
 */
static bool hidden(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = { { 0x80, 0x9f }, { 0xad, 0xad }, { 0x61c, 0x61c }, { 0x180e, 0x180e },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xd800, 0xdfff },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f } };

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* Length of the valid UTF-8 sequence at s that is fit to print, or 0. RFC 3629. */
static size_t printable_sequence(const unsigned char *s, size_t len)
{
	uint32_t code;
	size_t n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	code = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && code < 0x800) || (n == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	return hidden(code) ? 0 : n;
}

void buf_add_printable(struct buf *b, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t n = printable_sequence((const unsigned char *)s + i, len - i);

		if (n)
			buf_add(b, s + i, n);
		else
			buf_addf(b, "\\x%02x", (unsigned char)s[i]);
		i += n ? n : 1;
	}
}

bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_detach(struct buf *b)
{
	char *data;

	if (b->failed || !grow(b, b->len))
		return NULL;
	data = b->data;
	data[b->len] = '\0';
	*b = BUF(b->max);
	return data;
}

bool buf_check(const struct buf *b, const char *what, struct err *err)
{
	if (buf_ok(b))
		return true;
	return err_set(
		err, ERR_INTERNAL, "%s: more than %zu bytes, or out of memory", what, b->max);
}
