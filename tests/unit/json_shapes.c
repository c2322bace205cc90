#include "json_shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"

#define TEXT_MAX 512

static const struct {
	char type;
	const char *value;
} values[] = {
	{ 's', "\"text\"" },
	{ 'i', "5" },
	{ 'f', "5.5" },
	{ 'f', "1e300" },
	{ 'f', "12345678901234567890" },
	{ 'o', "{}" },
	{ 'a', "[]" },
	{ 'b', "true" },
	{ 'b', "false" },
	{ 'n', "null" },
};

static void fill(char out[static TEXT_MAX], const char *form, const char *value)
{
	const char *at = strstr(form, "%s");

	assert_non_null(at);
	assert_true(snprintf(out, TEXT_MAX, "%.*s%s%s", (int)(at - form), form, value, at + 2) <
		    TEXT_MAX);
}

static void try_types(const struct json_shape *s)
{
	struct err err = { 0 };
	char text[TEXT_MAX];

	fill(text, s->form, s->fits);
	if (!s->read(text, strlen(text), &err))
		fail_msg("%s: %s: %s", s->name, text, err.text);
	for (size_t v = 0; v < ARRAY_LEN(values); v++) {
		bool fine = values[v].type == 'n' ? s->optional
						  : strchr(s->types, values[v].type) != NULL;

		fill(text, s->form, values[v].value);
		if (s->read(text, strlen(text), &err) != fine)
			fail_msg("%s: %s was %s", s->name, text, fine ? "refused" : "taken");
		if (!fine)
			assert_int_equal(err.kind, ERR_PROTOCOL);
	}
}

/* On the heap and no byte more, so that a sanitizer sees a read beyond. */
static bool read_exact(json_reader *read, const char *text, size_t len, struct err *err)
{
	AUTO_STR char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return read(copy, len, err);
}

static void try_cuts(const struct json_shape *s)
{
	char text[TEXT_MAX];

	fill(text, s->form, s->fits);
	for (size_t len = 0; len < strlen(text); len++) {
		struct err err = { 0 };

		if (read_exact(s->read, text, len, &err))
			fail_msg("%s: taken when cut at %zu", s->name, len);
		assert_int_equal(err.kind, ERR_PROTOCOL);
	}
}

static void try_byte(const struct json_shape *s, char text[static TEXT_MAX], size_t at)
{
	const char was = text[at];

	for (int change = 1; change < 256; change++) {
		struct err err = { 0 };
		size_t len = strlen(text);

		text[at] = (char)(was ^ change);
		if (!read_exact(s->read, text, len, &err))
			assert_int_equal(err.kind, ERR_PROTOCOL);
		text[at] = was;
	}
}

static void try_bytes(const struct json_shape *s)
{
	char text[TEXT_MAX];

	fill(text, s->form, s->fits);
	for (size_t at = 0; at < strlen(text); at++)
		try_byte(s, text, at);
}

void json_shapes_try(const struct json_shape *shapes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		try_types(&shapes[i]);
		try_cuts(&shapes[i]);
		try_bytes(&shapes[i]);
	}
}

void json_expect_cells(json_lister *read, const char *text, const char *joined)
{
	AUTO(strlist) struct strlist cells = { 0 };
	AUTO(buf) struct buf got = BUF(65536);
	struct err err = { 0 };

	if (!read(&cells, text, strlen(text), &err))
		fail_msg("%s: %s", text, err.text);
	strlist_join(&got, &cells, "|");
	assert_string_equal(buf_str(&got), joined);
}
