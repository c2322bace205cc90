/*
 * Results on stdout: a table for people, JSON for programs, from the same rows.
 *
 *	struct out *o = out_new(json, "certificates");
 *	out_row(o);
 *	out_text(o, "name", "NAME", value);     JSON member, column title (NULL: not in the table)
 *	...
 *	out_print(o);
 *
 * Every JSON document is an object with "schema": 1 and an array of flat objects, or two. Values
 *may come from anywhere: none steers the terminal, and every document is UTF-8.
 */
#ifndef AGENT_OUT_H
#define AGENT_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/strlist.h"

struct out;

struct out *out_new(bool json, const char *array); /* ends the program when memory is short */
void out_free(struct out *o);
AUTO_DEFINE(out, struct out *, out_free);

/*
 * A further array of the document, under the first one: what there is so far is printed when it is
 * a table, with an empty line after it.
 */
void out_next(struct out *o, const char *array);

void out_row(struct out *o);
void out_text(struct out *o, const char *member, const char *title, const char *value);
void out_number(struct out *o, const char *member, const char *title, int64_t value);
void out_flag(struct out *o, const char *member, bool value);
void out_list(struct out *o, const char *member, const char *title, const struct strlist *values);

/* RFC 3339; null and "-" for 0. */
void out_time(struct out *o, const char *member, const char *title, int64_t value);

/* Whether there is no row in the array of now. */
bool out_is_empty(const struct out *o);

/* Table, or JSON. A table without rows prints nothing. */
void out_print(struct out *o);

/* One object with a line for each member instead of a table, for `show`. */
void out_print_list(struct out *o);

#endif
