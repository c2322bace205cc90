/*
 * JSON as bytes, without a parser behind it: writing strings, and looking over foreign text before
 * a parser sees it. Pure; knows no member names.
 */
#ifndef SCM_JSON_TEXT_H
#define SCM_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define JSON_DEPTH_MAX 16

/* Appends `s` as a JSON string, quotes included (RFC 8259, section 7). */
void json_add_string(struct buf *out, const char *s);

/* Characters of a valid UTF-8 string (RFC 3629); false when it is not valid. */
MUST_USE bool json_count_characters(size_t *out, const char *s);

/*
 * Whether foreign text is worth a parser's time: nothing nested deeper than JSON_DEPTH_MAX, no
 * control byte inside a string, no NUL in any spelling, every string and bracket closed. Does not
 * recurse, does not allocate. ERR_PROTOCOL says what is wrong.
 */
MUST_USE bool json_look_over(const char *text, size_t len, struct err *err);

#endif
