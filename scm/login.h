/*
 * Calls to SCM as the account's own: base URL, headers and credential are added here, and an access
 * token that has ended or is refused is replaced by a fresh one, once for each call. A refusal
 * (401) is a complete answer, so even an order may be sent again after it.
 */
#ifndef SCM_LOGIN_H
#define SCM_LOGIN_H

#include "scm/http.h"
#include "scm/request.h"

struct scm_login;

/* Without account->bundle, the system's anchors. Errors of scm_endpoint_init(). Owned. */
MUST_USE bool scm_login_new(struct scm_login **out, const struct scm_account *account,
	uint32_t parallel, struct err *err);

/* Drops the calls that are in flight without telling anybody. */
void scm_login_free(struct scm_login *l);
AUTO_DEFINE(scm_login, struct scm_login *, scm_login_free);

/*
 * Sends a call, whose contents are taken over; `done` is told once, from scm_http_wait(). A failure
 * to start (ERR_INTERNAL) has sent nothing and is returned, not told.
 */
MUST_USE bool scm_login_start(struct scm_login *l, struct scm_call *call, scm_http_done *done,
	void *context, struct err *err);

/* Borrowed: what to wait on. */
struct scm_http *scm_login_http(struct scm_login *l);

#endif
