/*
 * One request as it came, free of the HTTP library: what handlers read and the request log prints.
 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "mem.h"

#include <stdbool.h>
#include <stdint.h>

struct pairs {
	struct pair {
		char *name, *value; /* owned; value may be NULL */
	} * list;		    /* owned */
	size_t count;
};

struct request {
	char *method, *target, *path; /* owned; target is the undecoded path with the query */
	struct pairs headers, query;
	char *body; /* owned */
	size_t length;
	bool too_long;	     /* the body was longer than is kept */
	const char *tls;     /* the protocol's version */
	char *peer_serial;   /* of the client certificate, owned; NULL without one */
	bool peer_trusted;   /* it is from the client CA and valid now */
	uint64_t connection; /* counted from 1 */
	uint64_t number;     /* of the request on its connection, from 1 */
};

void request_free(struct request *request);

void pairs_add(struct pairs *pairs, const char *name, const char *value);

/* The value of the first pair NAME; borrowed, NULL when absent. */
const char *pairs_find(const struct pairs *pairs, const char *name);

void pairs_free(struct pairs *pairs);

static inline void pairs_auto(struct pairs *pairs)
{
	pairs_free(pairs);
}

/* The value of header NAME in any case, or of query parameter NAME; borrowed, NULL when absent. */
const char *request_header(const struct request *request, const char *name);
const char *request_query(const struct request *request, const char *name);

#endif
