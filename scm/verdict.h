/*
 * What an HTTP answer of SCM means: fine, or which kind of failure, in words. One rule for all
 * operations. Pure.
 *
 *	no whole answer          as http.c said: UNAVAILABLE, AUTH, PROTOCOL, KEYSTORE
 *	3xx                      PROTOCOL: redirects are not followed
 *	401                      AUTH
 *	408, 425, 429, 5xx       UNAVAILABLE
 *	other 4xx, error object  as the table of codes says (errors.h); so does 403, which is about
 *	                         a right that the login lacks, not about the login
 *	403 without one          UNAVAILABLE: a firewall
 *	other 4xx without one    PROTOCOL: something that is not SCM has answered
 */
#ifndef SCM_VERDICT_H
#define SCM_VERDICT_H

#include <stdbool.h>

#include "scm/answer.h"
#include "scm/wire.h"

/*
 * True for 2xx. Otherwise err, code, unsent, refused and retry_after of `out` are set: `refused`
 * exactly when SCM's own error object says no for good.
 */
bool scm_verdict(struct wire_reply *out, const struct scm_answer *a);

/* Statuses that another try may not meet: 408, 425, 429, 5xx. */
bool scm_passes_by_itself(long status);

/* Makes the reply a failure: "LABEL: " and the text of `why`, with the same kind. Returns false. */
bool scm_verdict_broken(struct wire_reply *out, const struct scm_answer *a, const struct err *why);

#endif
