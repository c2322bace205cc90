/*
 * The API's table of methods and paths.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "call.h"

struct route {
	const char *method;
	/*
	 * Segments after the /api prefix. vN stands for v1 or v2, :id for a number, :text for
	 * anything.
	 */
	const char *pattern;
	enum op op;
	handler *handle;
	bool body; /* a JSON object is required */
};

/*
 * The route of METHOD and PATH; ID and TEXT (owned) are what stands for :id and :text. NULL when
 * there is none, and then OTHER_METHOD tells whether the path exists. HEAD finds the route of GET.
 */
const struct route *route_find(
	int64_t *id, char **text, bool *other_method, const char *method, const char *path);

#endif
