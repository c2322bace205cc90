/*
 * Requests to SCM's Admin API as bytes: what is asked, as a path and a body. Pure; the sending, the
 * host and the credential are http.c's; lists are request_list.h's.
 *
 * Source of every shape: scm-api.md, sections 3 and 4. Limits stated there are checked here, so
 * that an order which SCM would refuse for its form never leaves the host.
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
	const char *method; /* GET or POST */
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

/* "POST /ssl/v1/enroll": method and path without the query, for messages. */
#define SCM_LABEL_MAX 96
const char *scm_call_label(char out[static SCM_LABEL_MAX], const struct scm_call *c);

/*
 * Each fills an empty SCM_CALL. ERR_CONFIG when a value breaks a limit of SCM's (comments of 1024
 * characters, ...) or is not UTF-8, and names the value.
 */

/* POST /ssl/v1/enroll (3.2). */
MUST_USE bool scm_request_enroll(
	struct scm_call *out, const struct wire_submit *s, struct err *err);

/* GET /ssl/v1/collect/{id}?format=x509 (3.3): the certificate with its chain, PEM. */
MUST_USE bool scm_request_collect(struct scm_call *out, const char *id, struct err *err);

/* GET /ssl/v1/{id} (3.4). */
MUST_USE bool scm_request_details(struct scm_call *out, const char *id, struct err *err);

#endif
