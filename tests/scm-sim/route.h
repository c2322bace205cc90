/*
 * The API's table of methods and paths.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "call.h"

/* Who may call. */
enum caller { BY_ADMIN, BY_ANYONE };

struct route {
	const char *method;
	/*
	 * The path's segments, without /private. vN stands for v1 or v2, :id for a number, :text
	 * for anything.
	 */
	const char *pattern;
	enum op op;
	handler *handle;
	bool body; /* a JSON object is required */
	enum caller caller;
};

/*
 * The route of METHOD and PATH; ID and TEXT (owned) are what stands for :id and :text. NULL when
 * there is none, and then OTHER_METHOD tells whether the path exists. HEAD finds the route of GET.
 */
const struct route *route_find(
	int64_t *id, char **text, bool *other_method, const char *method, const char *path);

#endif
