/*
 * HTTPS to one SCM account, many calls at once. The only file that knows libcurl; what an answer
 * means is not known here.
 *
 * Nothing of the environment counts: no proxy, no netrc, no cookies, no redirects. TLS 1.2 or
 * later, the server verified against the anchors and by name, our credential presented when asked.
 * Answers are bounded and timed; an order (struct scm_call) gets a connection of its own, so that
 * it is never sent twice.
 */
#ifndef SCM_HTTP_H
#define SCM_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scm/answer.h"
#include "scm/endpoint.h"
#include "scm/request.h"

#define SCM_HEADERS_MAX (64 * 1024) /* bytes of all header lines of an answer */

struct scm_http;

/*
 * Without account->bundle, the file that libcurl was built to look in. `parallel` connections are
 * kept for reuse. Errors are scm_endpoint_init()'s. Owned: scm_http_free().
 */
MUST_USE bool scm_http_new(struct scm_http **out, const struct scm_account *account,
	uint32_t parallel, struct err *err);

/* Drops the calls that are in flight without telling anybody. */
void scm_http_free(struct scm_http *h);
AUTO_DEFINE(scm_http, struct scm_http *, scm_http_free);

typedef void scm_http_done(void *context, const struct scm_answer *a);

/*
 * Sends a call; `done` is told once, from scm_http_wait(). The call's contents are taken over. A
 * failure to start (ERR_INTERNAL) has sent nothing and is returned, not told.
 */
MUST_USE bool scm_http_start(struct scm_http *h, struct scm_call *call, scm_http_done *done,
	void *context, struct err *err);

/*
 * Waits until something happens in a call or `fd` can be read (or written, if wanted), at most
 * `timeout_ms`, then moves all calls on. More calls may be started from `done`.
 */
void scm_http_wait(struct scm_http *h, int fd, bool writing, int timeout_ms);

#endif
