/*
 * A request to SCM as bytes: what is asked, as a path and a body. Pure; the sending, the host and
 * the credential are http.h's. What is asked about orders is api.h's, lists are request_list.h's.
 */
#ifndef SCM_REQUEST_H
#define SCM_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "scm/wire.h"

#define SCM_PATH_MAX 4096
#define SCM_BODY_MAX (1024 * 1024)
#define SCM_ANSWER_MAX (256 * 1024)	   /* bytes of a JSON answer */
#define SCM_CERTIFICATES_MAX (1024 * 1024) /* bytes of a collected chain */

struct scm_call {
	const char *method; /* GET, POST, PUT or DELETE; NULL until it is known */
	struct buf path;    /* after /api: "/ssl/v1/enroll", with the query */
	struct buf body;    /* JSON; empty for GET */
	size_t answer_max;
	bool order; /* places an order: must never be sent twice */
};

#define SCM_CALL                                                                                   \
	((struct scm_call) { .path = BUF(SCM_PATH_MAX),                                            \
		.body = BUF(SCM_BODY_MAX),                                                         \
		.answer_max = SCM_ANSWER_MAX })

void scm_call_dispose(struct scm_call *c);
AUTO_DEFINE_REF(scm_call, struct scm_call, scm_call_dispose);

/* "POST /ssl/v1/enroll": method and path without the query, for messages; cut when longer. */
#define SCM_LABEL_MAX 192
const char *scm_call_label(char out[static SCM_LABEL_MAX], const struct scm_call *c);

/* ERR_INTERNAL when what was written into it did not fit. */
MUST_USE bool scm_call_check(const struct scm_call *c, struct err *err);

#endif
