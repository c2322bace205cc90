#include "scm/json_cells.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "scm/wire.h"

_Static_assert(JSON_WORDS_MAX + sizeof(" ...") - 1 == WIRE_TEXT_MAX, "both fill a cell");

bool json_cell(struct strlist *cells, const char *text, struct err *err)
{
	char cell[WIRE_TEXT_MAX + 1];

	json_printable(cell, sizeof(cell), text);
	return strlist_add(cells, cell) || err_memory(err);
}

bool json_cell_id(struct strlist *cells, uint64_t id, struct err *err)
{
	char number[24] = "";

	if (id)
		snprintf(number, sizeof(number), "%" PRIu64, id);
	return json_cell(cells, number, err);
}

bool json_cell_string(struct strlist *cells, const cJSON *object, const char *name, struct err *err)
{
	const char *text = "";

	return json_string(&text, object, name, err) && json_cell(cells, text, err);
}

bool json_same_word(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, " _");
		b += strspn(b, " _");
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

bool json_cell_word(struct strlist *cells, const cJSON *object, const char *name,
	const char *const *words, struct err *err)
{
	const char *text = "";

	if (!json_string(&text, object, name, err))
		return false;
	while (*words && !json_same_word(*words, text))
		words++;
	return json_cell(cells, *words ? *words : text, err);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void replace(struct strlist *cells, struct strlist *rows)
{
	strlist_dispose(cells);
	*cells = *rows;
	*rows = (struct strlist) { 0 };
}

bool json_rows(
	struct strlist *cells, json_add_row *add, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	AUTO(strlist) struct strlist rows = { 0 };
	const cJSON *entry;

	if (!json_parse_array(&root, text, len, err))
		return false;
	cJSON_ArrayForEach(entry, root)
	{
		if (!add(&rows, entry, err))
			return false;
	}
	replace(cells, &rows);
	return true;
}

bool json_row(
	struct strlist *cells, json_add_row *add, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	AUTO(strlist) struct strlist row = { 0 };

	if (!json_parse_object(&root, text, len, err) || !add(&row, root, err))
		return false;
	replace(cells, &row);
	return true;
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool has_word(const struct json_words *w, const char *word, size_t len)
{
	for (const char *at = w->text; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == len && !strncasecmp(at, word, len))
			return true;
	return false;
}

/* A whole word or nothing of it. */
static void add_word(struct json_words *w, const char *text)
{
	AUTO(buf) struct buf word = BUF(WIRE_TEXT_MAX);
	size_t step;

	for (; *text; text += step) {
		step = strcspn(text, " ");
		buf_add_printable(&word, text, step);
		if (text[step])
			buf_add_str(&word, "\\x20");
		step += text[step] == ' ';
	}
	if (!word.len || has_word(w, buf_str(&word), word.len))
		return;
	if (buf_ok(&word) && w->len + 1 + word.len < sizeof(w->text))
		w->len += (size_t)snprintf(w->text + w->len, sizeof(w->text) - w->len, "%s%s",
			w->len ? " " : "", buf_str(&word));
	else
		w->cut = true;
}

bool json_words_add(struct json_words *out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *items = NULL;
	const cJSON *item;

	if (!json_array(&items, object, name, err))
		return false;
	cJSON_ArrayForEach(item, items)
	{
		if (!cJSON_IsString(item))
			return json_wrong(name, "array of strings", err);
		add_word(out, item->valuestring);
	}
	return true;
}
