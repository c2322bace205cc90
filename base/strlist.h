/*
 * A list of strings, each owned by the list. For names, paths, rows: tens of entries, not millions.
 */
#ifndef BASE_STRLIST_H
#define BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct strlist {
	char **item;
	size_t n;
};

void strlist_dispose(struct strlist *l);
AUTO_DEFINE_REF(strlist, struct strlist, strlist_dispose);

/* Appends a copy. False only when memory is short. */
MUST_USE bool strlist_add(struct strlist *l, const char *s);
MUST_USE bool strlist_add_len(struct strlist *l, const char *s, size_t len);

/* Appends the parts of `s` between separators, trimmed of blanks; empty parts are left out. */
MUST_USE bool strlist_split(struct strlist *l, const char *s, char separator);

MUST_USE bool strlist_copy(struct strlist *to, const struct strlist *from);

/* Exact comparison; position of the first, or -1. */
long strlist_find(const struct strlist *l, const char *s);
bool strlist_has(const struct strlist *l, const char *s);

/* Byte order. */
void strlist_sort(struct strlist *l);

void strlist_join(struct buf *out, const struct strlist *l, const char *between);

#endif
