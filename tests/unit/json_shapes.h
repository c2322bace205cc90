/*
 * Readers of JSON put to the test by tables: each member with each type of value, each answer cut
 * at each byte, each byte changed. Failures end the test.
 */
#ifndef TESTS_UNIT_JSON_SHAPES_H
#define TESTS_UNIT_JSON_SHAPES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strlist.h"

/* A reader; what it reads is thrown away. */
typedef bool json_reader(const char *text, size_t len, struct err *err);

/* A whole answer; where a member stands, %s takes its value. */
struct json_shape {
	const char *name;
	json_reader *read;
	const char *form;
	const char *fits;  /* a value for %s that is fine */
	bool optional;	   /* null is fine too */
	const char *types; /* which other types are fine: of "sonbai" string number object bool
			      array integer */
};

/* What is refused is refused as ERR_PROTOCOL. */
void json_shapes_try(const struct json_shape *shapes, size_t n);

/* A reader of rows. */
typedef bool json_lister(struct strlist *cells, const char *text, size_t len, struct err *err);

/* Its rows must be these cells, with "|" between them. */
void json_expect_cells(json_lister *read, const char *text, const char *joined);

/* JSON_READER(organization): scm_json_organization() as read_organization(), for tables. */
#define JSON_READER(what)                                                                          \
	static bool read_##what(const char *text, size_t len, struct err *err)                     \
	{                                                                                          \
		AUTO(strlist) struct strlist cells = { 0 };                                        \
                                                                                                   \
		return scm_json_##what(&cells, text, len, err);                                    \
	}

#endif
