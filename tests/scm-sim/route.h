/*
 * The API's table of methods and paths.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "call.h"

/* Who may call. */
enum caller { BY_ADMIN, BY_REST_ACCOUNT, BY_ANYONE };

/* The body that is read: a JSON object, which has to be there or may be, an array, any bytes. */
enum body { NO_BODY, BODY, OPTIONAL_BODY, LIST_BODY, RAW_BODY };

struct route {
	const char *method;
	/*
	 * The path's segments, without /private. vN stands for v1 or v2, :id for a number, :text
	 * for anything.
	 */
	const char *pattern;
	enum op op;
	handler *handle;
	enum body body;
	enum caller caller;
};

/* The table, in route_table.c; of those that fit a path the first counts. */
extern const struct route routes[];
extern const size_t route_count;

/* What a path holds besides its fixed words. */
struct route_values {
	int64_t id, sub_id;
	char *text;	   /* owned; NULL without :text */
	bool other_method; /* there is no route, but with another method there is one */
};

/*
 * The route of METHOD and PATH, NULL when there is none. HEAD finds the route of GET.
 */
const struct route *route_find(struct route_values *values, const char *method, const char *path);

#endif
