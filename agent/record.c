#include "agent/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define VERSION "1"

void record_dispose(struct record *r)
{
	strlist_dispose(&r->keys);
	strlist_dispose(&r->values);
}

bool record_set(struct record *r, const char *key, const char *value, struct err *err)
{
	if (!value)
		return true;
	if (strlist_add(&r->keys, key) && strlist_add(&r->values, value))
		return true;
	return err_memory(err);
}

bool record_set_int(struct record *r, const char *key, int64_t value, struct err *err)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return record_set(r, key, text, err);
}

const char *record_get(const struct record *r, const char *key)
{
	long i = strlist_find(&r->keys, key);

	return i < 0 ? "" : r->values.item[i];
}

int64_t record_get_int(const struct record *r, const char *key, int64_t fallback)
{
	uint64_t value;

	if (!parse_uint(&value, record_get(r, key), 0, INT64_MAX))
		return fallback;
	return (int64_t)value;
}

/* A value may not end its line: control bytes become blanks. */
static void add_line(struct buf *out, const char *key, const char *value)
{
	size_t start;

	buf_addf(out, "%s=", key);
	start = out->len;
	buf_add_str(out, value);
	for (size_t i = start; buf_ok(out) && i < out->len; i++)
		if ((unsigned char)out->data[i] < 0x20)
			out->data[i] = ' ';
	buf_add_str(out, "\n");
}

bool record_write(
	const struct record *r, int dir, const char *name, struct fs_attr attr, struct err *err)
{
	AUTO(buf) struct buf text = BUF(RECORD_MAX);

	add_line(&text, RECORD_VERSION_KEY, VERSION);
	for (size_t i = 0; i < r->keys.n; i++)
		add_line(&text, r->keys.item[i], r->values.item[i]);
	return buf_check(&text, name, err) && fs_write(dir, name, text.data, text.len, attr, err);
}

static bool parse_line(struct record *r, const char *line, size_t len, struct err *err)
{
	const char *equals = memchr(line, '=', len);

	if (!equals)
		return err_set(err, ERR_IO, "not a state file of scm-agent");
	if (!strlist_add_len(&r->keys, line, (size_t)(equals - line)) ||
		!strlist_add_len(&r->values, equals + 1, len - (size_t)(equals + 1 - line)))
		return err_memory(err);
	return true;
}

/* By the first line, before another one is looked at: later versions may have another form. */
static bool check_version(const struct record *r, struct err *err)
{
	if (strcmp(r->keys.item[0], RECORD_VERSION_KEY))
		return err_set(err, ERR_IO, "not a state file of scm-agent");
	if (strcmp(r->values.item[0], VERSION))
		return err_set(err, ERR_IO,
			"of version %.20s, newer than this program knows; update it",
			r->values.item[0]);
	return true;
}

static bool parse(struct record *r, const struct buf *text, struct err *err)
{
	const char *at = buf_str(text);
	const char *newline;

	if (strlen(at) != text->len)
		return err_set(err, ERR_IO, "not a state file of scm-agent: it has a NUL byte");
	for (; (newline = strchr(at, '\n')); at = newline + 1)
		if (!parse_line(r, at, (size_t)(newline - at), err) || !check_version(r, err))
			return false;
	if (*at || !r->keys.n)
		return err_set(err, ERR_IO, "not a state file of scm-agent, or cut short");
	return true;
}

bool record_read(struct record *out, bool *found, int dir, const char *name, struct err *err)
{
	AUTO(buf) struct buf text = BUF(RECORD_MAX);
	AUTO(record) struct record r = { 0 };

	if (!fs_read_optional(&text, found, dir, name, err))
		return false;
	if (!*found)
		return true;
	if (!parse(&r, &text, err))
		return err_wrap(err, "%s", name);
	*out = r;
	r = (struct record) { 0 };
	return true;
}
