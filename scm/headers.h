/* The header lines of an answer, as far as an agent needs them. Pure, bounded. */
#ifndef SCM_HEADERS_H
#define SCM_HEADERS_H

#include <stddef.h>
#include <stdint.h>

#include "scm/authenticate.h"

#define SCM_LOCATION_MAX 256

struct scm_headers {
	uint64_t total;			 /* X-Total-Count, or SCM_TOTAL_UNKNOWN */
	uint32_t retry_after;		 /* seconds, 0 for none */
	char location[SCM_LOCATION_MAX]; /* cut to fit; "" for none */
	char authorization_uri[SCM_AUTHORIZATION_URI_MAX + 1]; /* of WWW-Authenticate, or "" */
};

void scm_headers_init(struct scm_headers *h);

/* One line, with or without its end. A status line begins anew: the last answer's headers count. */
void scm_headers_line(struct scm_headers *h, const char *line, size_t len, int64_t now);

#endif
