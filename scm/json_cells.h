/*
 * Rows of cells out of a JSON tree, for json_table.c and json_dcv.c: whatever SCM writes into a
 * string becomes printable and at most WIRE_TEXT_MAX bytes long here.
 *
 * Failures are json_tree.h's, or ERR_INTERNAL for memory.
 */
#ifndef SCM_JSON_CELLS_H
#define SCM_JSON_CELLS_H

#include "base/strlist.h"
#include "scm/json_tree.h"

MUST_USE bool json_cell(struct strlist *cells, const char *text, struct err *err);

/* In decimal, "" for 0. */
MUST_USE bool json_cell_id(struct strlist *cells, uint64_t id, struct err *err);

/* A member that is a string; "" when absent. */
MUST_USE bool json_cell_string(
	struct strlist *cells, const cJSON *object, const char *name, struct err *err);

/*
 * A member that is one of a few words, which SCM's releases spell with blanks, underscores and in
 * either case: the word as it stands in `words` (NULL-terminated); what is not there, as it is.
 */
MUST_USE bool json_cell_word(struct strlist *cells, const cJSON *object, const char *name,
	const char *const *words, struct err *err);

/* Whether two words are the same but for case, blanks and underscores. */
bool json_same_word(const char *a, const char *b);

/* Appends the cells of one entry. */
typedef bool json_add_row(struct strlist *cells, const cJSON *entry, struct err *err);

/* The rows of an array, or the one row of an object; all or nothing, in place of what was there. */
MUST_USE bool json_rows(
	struct strlist *cells, json_add_row *add, const char *text, size_t len, struct err *err);
MUST_USE bool json_row(
	struct strlist *cells, json_add_row *add, const char *text, size_t len, struct err *err);

/*
 * Several strings in one cell, with a blank between them; a blank inside of one becomes \x20. Each
 * stands once, without case. Those that no longer fit are left out, and `cut` is set.
 */
#define JSON_WORDS_MAX 507 /* a cell, less " ..." */
struct json_words {
	char text[JSON_WORDS_MAX + 1];
	size_t len;
	bool cut;
};

/* Adds the strings of an array member, if it is there. */
MUST_USE bool json_words_add(
	struct json_words *out, const cJSON *object, const char *name, struct err *err);

#endif
