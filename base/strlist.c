#include "base/strlist.h"

#include <string.h>

void strlist_dispose(struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->item[i]);
	free(l->item);
	*l = (struct strlist) { 0 };
}

bool strlist_add_len(struct strlist *l, const char *s, size_t len)
{
	AUTO_STR char *copy = strndup(s, len);
	char **item = reallocarray(l->item, l->n + 1, sizeof(*item));

	if (item)
		l->item = item;
	if (!item || !copy)
		return false;
	item[l->n++] = TAKE(copy);
	return true;
}

bool strlist_add(struct strlist *l, const char *s)
{
	return strlist_add_len(l, s, strlen(s));
}

bool strlist_split(struct strlist *l, const char *s, char separator)
{
	static const char blanks[] = " \t\r\n";

	for (;;) {
		const char *end = strchrnul(s, separator);
		const char *last = end;

		while (s < last && strchr(blanks, *s))
			s++;
		while (last > s && strchr(blanks, last[-1]))
			last--;
		if (last > s && !strlist_add_len(l, s, (size_t)(last - s)))
			return false;
		if (!*end)
			return true;
		s = end + 1;
	}
}

bool strlist_copy(struct strlist *to, const struct strlist *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (!strlist_add(to, from->item[i]))
			return false;
	return true;
}

long strlist_find(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->item[i], s))
			return (long)i;
	return -1;
}

bool strlist_has(const struct strlist *l, const char *s)
{
	return strlist_find(l, s) >= 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *l)
{
	if (l->n)
		qsort(l->item, l->n, sizeof(*l->item), by_bytes);
}

void strlist_join(struct buf *out, const struct strlist *l, const char *between)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_add_str(out, between);
		buf_add_str(out, l->item[i]);
	}
}
