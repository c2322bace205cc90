/*
 * One request on its way: libcurl's handle, what it may do, what has come in so far. For http*.c
 * alone.
 */
#ifndef SCM_HTTP_TRANSFER_H
#define SCM_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "base/buf.h"
#include "scm/headers.h"
#include "scm/http.h"

#define SCM_CONNECT_S 15
#define SCM_SLOW_MS 30000
#define SCM_SLOW_BYTES (100 * SCM_SLOW_MS / 1000)

struct scm_transfer {
	const struct scm_endpoint *endpoint;
	struct scm_http_request request;
	CURL *easy;
	struct curl_slist *lines; /* of the request's header */
	struct buf body;
	struct scm_headers headers;
	size_t header_bytes;
	int64_t started;    /* clock_ms() */
	uint64_t received;  /* bytes of the answer since slow_since */
	int64_t slow_since; /* clock_ms(); 0 before the first byte */
	bool headers_end;   /* the empty line after them has come */
	bool connected;	    /* to the server itself: TLS has begun */
	bool began;	    /* from here on a byte of the request may have left */
	bool body_over;
	bool headers_over;
	bool too_late; /* to begin */
	bool too_slow;
	char error[CURL_ERROR_SIZE];

	/* http.c's */
	struct scm_transfer *next;
	scm_http_done *done;
	void *context;
};

/* NULL when memory is short. Owned: scm_transfer_free(), when libcurl has done with `easy`. */
struct scm_transfer *scm_transfer_new(
	const struct scm_endpoint *endpoint, const struct scm_http_request *request);
void scm_transfer_free(struct scm_transfer *t);
AUTO_DEFINE(scm_transfer, struct scm_transfer *, scm_transfer_free);

/* What a transfer that ended with `code` has to tell; borrows from it. */
struct scm_answer scm_transfer_answer(const struct scm_transfer *t, CURLcode code);

/* Sets err and unsent for a transfer that brought no whole answer (http_failure.c). */
void scm_transfer_failure(struct scm_answer *a, const struct scm_transfer *t, CURLcode code);

#endif
