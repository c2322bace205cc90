#include "agent/out.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "base/clock.h"

#define SCHEMA 1
#define COLUMNS_MAX 32
#define TEXT_MAX (4 * 1024 * 1024)

struct out {
	bool json;
	cJSON *root;
	cJSON *array;
	cJSON *row;
	const char *title[COLUMNS_MAX];
	size_t columns;
	size_t column; /* of the current row */
	bool gap;      /* a table has been printed before */
	struct strlist cells;
};

static void *must(void *p)
{
	if (!p) {
		fputs("scm-agent: out of memory\n", stderr);
		abort();
	}
	return p;
}

struct out *out_new(bool json, const char *array)
{
	struct out *o = must(calloc(1, sizeof(*o)));

	o->json = json;
	o->root = must(cJSON_CreateObject());
	must(cJSON_AddNumberToObject(o->root, "schema", SCHEMA));
	o->array = must(cJSON_AddArrayToObject(o->root, array));
	return o;
}

void out_free(struct out *o)
{
	if (!o)
		return;
	cJSON_Delete(o->root);
	strlist_dispose(&o->cells);
	free(o);
}

void out_row(struct out *o)
{
	assert(o->column == o->columns || !o->row);
	o->row = must(cJSON_CreateObject());
	cJSON_AddItemToArray(o->array, o->row);
	o->column = 0;
}

/* The first row decides the columns; all others have the same. */
static void cell(struct out *o, const char *title, const char *value)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);

	if (!title)
		return;
	buf_add_printable(&text, *value ? value : "-", strlen(*value ? value : "-"));
	if (o->column == o->columns) {
		assert(o->columns < COLUMNS_MAX);
		o->title[o->columns++] = title;
	}
	o->column++;
	if (!buf_ok(&text) || !strlist_add(&o->cells, buf_str(&text)))
		must(NULL);
}

/*
 * cJSON escapes control characters and passes all else on; but a document is UTF-8, and a text may
 * have been cut within a character.
 */
static cJSON *json_string(const char *value)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	size_t n;

	for (; *value; value += n) {
		n = 1;
		while ((value[0] & 0x80) && (value[n] & 0xc0) == 0x80)
			n++;
		if (value[0] & 0x80)
			buf_add_printable(&text, value, n);
		else
			buf_add(&text, value, 1);
	}
	return must(buf_ok(&text) ? cJSON_CreateString(buf_str(&text)) : NULL);
}

void out_text(struct out *o, const char *member, const char *title, const char *value)
{
	cJSON_AddItemToObject(o->row, member, json_string(value));
	cell(o, title, value);
}

void out_number(struct out *o, const char *member, const char *title, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	must(cJSON_AddRawToObject(o->row, member, text));
	cell(o, title, text);
}

void out_flag(struct out *o, const char *member, bool value)
{
	must(cJSON_AddBoolToObject(o->row, member, value));
}

void out_list(struct out *o, const char *member, const char *title, const struct strlist *values)
{
	AUTO(buf) struct buf text = BUF(TEXT_MAX);
	cJSON *array = must(cJSON_AddArrayToObject(o->row, member));

	for (size_t i = 0; i < values->n; i++)
		cJSON_AddItemToArray(array, json_string(values->item[i]));
	strlist_join(&text, values, " ");
	cell(o, title, buf_str(&text));
}

void out_time(struct out *o, const char *member, const char *title, int64_t value)
{
	char text[CLOCK_TEXT_MAX] = "";

	if (value) {
		out_text(o, member, title, clock_format(text, value));
		return;
	}
	must(cJSON_AddNullToObject(o->row, member));
	cell(o, title, "");
}

static void print_json(const struct out *o)
{
	char *text = must(cJSON_Print(o->root));

	puts(text);
	cJSON_free(text);
}

/* Columns are counted in bytes but for UTF-8 continuation bytes: good enough for names and dates.
 */
static size_t width_of(const char *s)
{
	size_t width = 0;

	for (; *s; s++)
		width += ((unsigned char)*s & 0xc0) != 0x80;
	return width;
}

static void print_cell(const char *text, size_t width, bool last)
{
	fputs(text, stdout);
	for (size_t i = width_of(text); !last && i < width + 2; i++)
		putchar(' ');
	if (last)
		putchar('\n');
}

static void print_table(const struct out *o)
{
	size_t width[COLUMNS_MAX];

	if (!o->columns)
		return;
	if (o->gap)
		putchar('\n');
	for (size_t c = 0; c < o->columns; c++) {
		width[c] = width_of(o->title[c]);
		for (size_t i = c; i < o->cells.n; i += o->columns)
			if (width_of(o->cells.item[i]) > width[c])
				width[c] = width_of(o->cells.item[i]);
	}
	for (size_t c = 0; c < o->columns; c++)
		print_cell(o->title[c], width[c], c + 1 == o->columns);
	for (size_t i = 0; i < o->cells.n; i++)
		print_cell(
			o->cells.item[i], width[i % o->columns], i % o->columns + 1 == o->columns);
}

void out_next(struct out *o, const char *array)
{
	bool printed = !o->json && o->columns;

	if (printed)
		print_table(o);
	o->array = must(cJSON_AddArrayToObject(o->root, array));
	o->row = NULL;
	o->columns = o->column = 0;
	strlist_dispose(&o->cells);
	o->cells = (struct strlist) { 0 };
	o->gap = o->gap || printed;
}

bool out_is_empty(const struct out *o)
{
	return !o->row;
}

void out_print(struct out *o)
{
	if (o->json)
		print_json(o);
	else
		print_table(o);
}

void out_print_list(struct out *o)
{
	size_t width = 0;

	if (o->json) {
		print_json(o);
		return;
	}
	if (!o->columns)
		return;
	for (size_t c = 0; c < o->columns; c++)
		if (width_of(o->title[c]) > width)
			width = width_of(o->title[c]);
	for (size_t i = 0; i < o->cells.n; i++) {
		print_cell(o->title[i % o->columns], width, false);
		puts(o->cells.item[i]);
	}
}
