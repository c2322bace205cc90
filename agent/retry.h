/*
 * Back-off between runs, kept beside the work that failed: in pending/NAME for an order, in the
 * generation for a deployment. The next run after a first failure tries at once; then the pauses
 * grow, up to six hours, half an hour when the certificate that is served is about to expire. They
 * end with progress, and when the configuration changes that the certificate depends on. What an
 * order failed of is past when the certificate is found current.
 */
#ifndef AGENT_RETRY_H
#define AGENT_RETRY_H

#include "agent/job.h"

/*
 * Remembers job->err when trying again later may help and is not already regulated otherwise (a
 * refused credential, a hold, an order that is simply not issued yet), unless nothing is due.
 */
MUST_USE bool retry_note(struct job *job, struct err *err);

/* True when it is too early for another attempt; `why` is then the last failure and the time. */
bool retry_waits(const struct job *job, struct err *why);

/* Whether less than a tenth of the life is left of what is served. */
bool retry_urgent(const struct job *job, int64_t now);

/* Seconds until attempt n+1 after n failures, before jitter: 0, 60, 240, ... */
int64_t retry_pause(unsigned failures, bool urgent);

/* Seconds before look 1, 2, ... at what SCM has in work, within a run (enroll_back_off_timer). */
int64_t retry_look_pause(const struct conf_account *a, unsigned look);

#endif
