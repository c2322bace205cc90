#include "agent/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void table_dispose(struct table *t)
{
	strlist_dispose(&t->cells);
	*t = (struct table) { 0 };
}

size_t table_rows(const struct table *t)
{
	return t->columns ? t->cells.n / t->columns : 0;
}

const char *table_cell(const struct table *t, size_t row, uint32_t column)
{
	return column < t->columns ? t->cells.item[row * t->columns + column] : "";
}

static bool plain(const char *cell)
{
	for (; *cell; cell++)
		if ((unsigned char)*cell < 0x20 || *cell == 0x7f)
			return false;
	return true;
}

bool table_add(struct table *t, const char *cell, struct err *err)
{
	if (!plain(cell))
		return err_set(err, ERR_PROTOCOL, "a control character in a list of SCM's");
	return strlist_add(&t->cells, cell) || err_memory(err);
}

long table_find(const struct table *t, uint32_t column, const char *text)
{
	for (size_t i = 0; i < table_rows(t); i++)
		if (!strcmp(table_cell(t, i, column), text))
			return (long)i;
	return -1;
}

bool table_write(const struct table *t, int dir, const char *name, struct err *err)
{
	AUTO(buf) struct buf text = BUF(TABLE_BYTES_MAX);

	buf_addf(&text, "scm-agent=1 columns=%" PRIu32 " time=%" PRId64 "\n", t->columns, t->time);
	for (size_t i = 0; i < t->cells.n; i++)
		buf_addf(&text, "%s%c", t->cells.item[i], (i + 1) % t->columns ? '\t' : '\n');
	return buf_check(&text, name, err) &&
	       fs_write(dir, name, text.data, text.len, FS_ATTR(0600), err);
}

/* Every row has its cells and its end, or the file is of no use. */
static bool read_rows(struct table *t, char *at)
{
	while (*at) {
		for (uint32_t i = 0; i < t->columns; i++) {
			char *end = at + strcspn(at, "\t\n");

			if (*end != (i + 1 < t->columns ? '\t' : '\n'))
				return false;
			if (!strlist_add_len(&t->cells, at, (size_t)(end - at)))
				return false;
			at = end + 1;
		}
	}
	return true;
}

bool table_read(struct table *out, bool *found, int dir, const char *name, uint32_t columns,
	struct err *err)
{
	AUTO(buf) struct buf text = BUF(TABLE_BYTES_MAX);
	AUTO(table) struct table t = { .columns = columns };
	uint32_t stored = 0;
	int used = 0;

	*found = false;
	if (!fs_read_optional(&text, found, dir, name, err))
		return false;
	if (!*found)
		return true;
	*found = sscanf(buf_str(&text), "scm-agent=1 columns=%" SCNu32 " time=%" SCNd64 "%n",
			 &stored, &t.time, &used) == 2 &&
		 stored == columns && text.data[used] == '\n' && strlen(text.data) == text.len &&
		 read_rows(&t, text.data + used + 1);
	if (!*found)
		return true;
	*out = t;
	t = (struct table) { 0 };
	return true;
}
