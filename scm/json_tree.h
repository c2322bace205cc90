/*
 * Foreign JSON as a tree of cJSON's, for json*.c alone: parsed after it was looked over
 * (json_text.h), members taken by exact name and checked for their type.
 *
 * A member that stands twice is refused; absent and null are the same, since SCM uses both. All
 * failures are ERR_PROTOCOL and name the member. What is read out is borrowed from the tree.
 */
#ifndef SCM_JSON_TREE_H
#define SCM_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "base/auto.h"
#include "base/err.h"

AUTO_DEFINE(json, cJSON *, cJSON_Delete);

/* Nothing may follow the value but blanks. Owned: cJSON_Delete(). */
MUST_USE bool json_parse_object(cJSON **out, const char *text, size_t len, struct err *err);
MUST_USE bool json_parse_array(cJSON **out, const char *text, size_t len, struct err *err);

/* NULL when absent. */
MUST_USE bool json_member(
	const cJSON **out, const cJSON *object, const char *name, struct err *err);

/* "" when absent. */
MUST_USE bool json_string(const char **out, const cJSON *object, const char *name, struct err *err);

/* An empty array when absent. */
MUST_USE bool json_array(const cJSON **out, const cJSON *object, const char *name, struct err *err);

/* A positive integer; the optional one leaves *out alone when absent. */
MUST_USE bool json_id(uint64_t *out, const cJSON *object, const char *name, struct err *err);
MUST_USE bool json_optional_id(
	uint64_t *out, const cJSON *object, const char *name, struct err *err);

/* An entry's own id: "sslId" is the older name of "id", and some answers have both. */
MUST_USE bool json_own_id(uint64_t *out, const cJSON *object, struct err *err);

/* Whether the item is an integer that a double holds exactly. */
MUST_USE bool json_integer(int64_t *out, const cJSON *item);

/* "member 'NAME' is no WANTED"; returns false. */
bool json_wrong(const char *name, const char *wanted, struct err *err);

/* Printable, and cut at a whole escape so that it fits into `size` bytes. */
void json_printable(char *out, size_t size, const char *s);

/*
 * A serial number in upper-case hex without separators and leading zeros; "" for what is none, or
 * does not fit.
 */
void json_serial(char *out, size_t size, const char *s);

#endif
