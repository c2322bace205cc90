/*
 * HTTPS requests, many at once, to SCM and to the token endpoint of an account. This and
 * http_*.c are the only files that know libcurl; what an answer means is not known here.
 *
 * Nothing of the environment counts: no proxy but the account's own, no netrc, no cookies, no
 * redirects. TLS 1.2 or later, the server verified against the anchors and by name, our certificate
 * (if we have one) presented when asked. Answers are bounded and timed. Memory that libcurl frees
 * is wiped, so that no copy of a password or token stays behind.
 */
#ifndef SCM_HTTP_H
#define SCM_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scm/answer.h"
#include "scm/endpoint.h"

#define SCM_HEADERS_MAX (64 * 1024) /* bytes of all header lines of an answer */

/* All borrowed until the request is done. */
struct scm_http_request {
	const char *label;	       /* for messages: "GET /ssl/v1/55" */
	const char *method;	       /* GET, or a method with a body */
	const char *url;	       /* whole */
	const struct strlist *headers; /* whole lines */
	const char *secret_header;     /* "password: ": the start of one more line, */
	const struct secret *secret;   /* which this ends; NULL for none */
	const void *body;
	size_t len;
	size_t answer_max;
	bool once; /* has a connection of its own, so that libcurl never sends it twice */
	bool slow; /* the CA may work on it for minutes */
};

struct scm_http;

/*
 * `endpoint` (its proxy, credential and anchors) is borrowed until scm_http_free(); `parallel`
 * connections are kept for reuse. ERR_INTERNAL. Owned: scm_http_free().
 */
MUST_USE bool scm_http_new(struct scm_http **out, const struct scm_endpoint *endpoint,
	uint32_t parallel, struct err *err);

/* Drops the requests that are in flight without telling anybody. */
void scm_http_free(struct scm_http *h);
AUTO_DEFINE(scm_http, struct scm_http *, scm_http_free);

/* The file that libcurl was built to look for the system's anchors in. */
const char *scm_http_bundle(void);

typedef void scm_http_done(void *context, const struct scm_answer *a);

/*
 * Sends a request; `done` is told once, from scm_http_wait(). A failure to start (ERR_INTERNAL) has
 * sent nothing and is returned, not told.
 */
MUST_USE bool scm_http_start(struct scm_http *h, const struct scm_http_request *request,
	scm_http_done *done, void *context, struct err *err);

/*
 * Waits until something happens in a request or `fd` can be read (or written, if wanted), at most
 * `timeout_ms`, then moves all requests on. More may be started from `done`.
 */
void scm_http_wait(struct scm_http *h, int fd, bool writing, int timeout_ms);

#endif
