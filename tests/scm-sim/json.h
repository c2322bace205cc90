/*
 * Reading members of JSON objects the way the service does: numbers may come as strings, null
 * counts as absent, and anything else of the wrong type is told apart from absence.
 */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include "mem.h"

#include <stdbool.h>
#include <stdint.h>

enum json_got { JSON_ABSENT, JSON_FOUND, JSON_WRONG };

/* Parses exactly one JSON value with nothing but white space after it; owned, NULL when it is not.
 */
cJSON *json_parse(const char *text, size_t length);

/* Member NAME as an integer, from a number or a string of digits. */
enum json_got json_get_int(int64_t *out, const cJSON *object, const char *name);

/* Member NAME as a string, borrowed from OBJECT. */
enum json_got json_get_text(const char **out, const cJSON *object, const char *name);

/* Member NAME as an array, borrowed from OBJECT. */
enum json_got json_get_array(const cJSON **out, const cJSON *object, const char *name);

/* Member NAME, or the fallback when it is absent or of another type. */
int64_t json_int(const cJSON *object, const char *name, int64_t fallback);
const char *json_text(const cJSON *object, const char *name, const char *fallback);
bool json_bool(const cJSON *object, const char *name, bool fallback);

/* Adds a copy of member NAME of FROM to TO, when FROM has one. */
void json_copy(cJSON *to, const cJSON *from, const char *name);

/* The first of the items of LIST (may be NULL, or no list), which ->next goes on from. */
const cJSON *json_first(const cJSON *list);

/* Whether ARRAY (may be NULL) holds the number or the string. */
bool json_has_int(const cJSON *array, int64_t number);
bool json_has_text(const cJSON *array, const char *text);

/* The first object of ARRAY whose member NAME is the number or the string; borrowed, or NULL. */
const cJSON *json_find_int(const cJSON *array, const char *name, int64_t number);
const cJSON *json_find_text(const cJSON *array, const char *name, const char *text);

/* An array of one value, or an empty one for NULL. */
cJSON *json_one_text(const char *text);

#endif
