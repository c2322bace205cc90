/*
 * What came back for one call, before anybody has judged it: http.c fills it, verdict.c and the
 * operations read it. Everything is borrowed for the time of the callback.
 */
#ifndef SCM_ANSWER_H
#define SCM_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SCM_TOTAL_UNKNOWN UINT64_MAX

struct scm_answer {
	const char *label; /* "GET /ssl/v1/55", for messages */
	struct err err;	   /* ERR_NONE: a whole answer came, whatever its status */
	bool unsent;	   /* err is set, and not one byte of the request left this host */
	bool too_large;	   /* err is set because the body passed its limit */
	long status;	   /* of HTTP; the rest belongs to it */
	const char *body;  /* not terminated */
	size_t len;
	const char *location;	       /* "" when there was none */
	const char *authorization_uri; /* of WWW-Authenticate, unchecked; "" when there was none */
	const char *remedy;	       /* what to check when we are refused; may be NULL */
	uint64_t total;		       /* X-Total-Count, or SCM_TOTAL_UNKNOWN */
	uint32_t retry_after;	       /* seconds, 0 for none */
};

#endif
