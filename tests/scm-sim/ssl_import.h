/*
 * Taking in certificates that were issued elsewhere, as files or as a list.
 */
#ifndef SIM_SSL_IMPORT_H
#define SIM_SSL_IMPORT_H

#include "store.h"

struct import {
	int64_t organization;
	const cJSON *details;	   /* may be NULL */
	const char *const *copied; /* members of it that the order gets; ends with NULL */
};

/* The certificate that TEXT is in base64, one line or many; owned, NULL when it is none. */
X509 *ssl_import_parse(const char *text, size_t text_length);

/*
 * The order that has CERT: a new one, or with CREATED false one that was there; borrowed. NULL: the
 * reply is an error.
 */
const struct order *ssl_import_take(
	bool *created, struct call *call, X509 *cert, const struct import *import);

#endif
