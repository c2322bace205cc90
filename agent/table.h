/*
 * Rows of short texts, in memory and as a file: what SCM listed, and what of it is kept in cache/.
 *
 * The file's first line is "scm-agent=1 columns=N time=T", each other one a row, its cells apart by
 * tabs. Cells are one line of printable text; a tab in one would be another cell and is refused.
 */
#ifndef AGENT_TABLE_H
#define AGENT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"
#include "base/strlist.h"

#define TABLE_BYTES_MAX (32 * 1024 * 1024)

struct table {
	uint32_t columns;
	int64_t time; /* when SCM said so */
	struct strlist cells;
};

void table_dispose(struct table *t);
AUTO_DEFINE_REF(table, struct table, table_dispose);

size_t table_rows(const struct table *t);

/* "" for a column that the table does not have. Borrowed. */
const char *table_cell(const struct table *t, size_t row, uint32_t column);

/* Appends a cell. ERR_PROTOCOL for one with a control byte, ERR_INTERNAL. */
MUST_USE bool table_add(struct table *t, const char *cell, struct err *err);

/* The first row whose cell in that column is `text`, or -1. */
long table_find(const struct table *t, uint32_t column, const char *text);

MUST_USE bool table_write(const struct table *t, int dir, const char *name, struct err *err);

/* *found is false when there is none, or one of another form: it can be asked for again. */
MUST_USE bool table_read(struct table *out, bool *found, int dir, const char *name,
	uint32_t columns, struct err *err);

#endif
