/*
 * The file that validates a domain.
 */
#ifndef SIM_DCV_HTTP_H
#define SIM_DCV_HTTP_H

#include "err.h"

/*
 * Whether URL, fetched from WHERE (ADDRESS:PORT) whatever its host is, is 200 with FIRST and SECOND
 * as its lines and nothing else. Redirects are not followed, and any TLS certificate will do.
 */
MUST bool dcv_http_check(
	const char *where, const char *url, const char *first, const char *second, struct err *why);

#endif
