/*
 * One order for one intent: submit it, or find it again when the answer was lost.
 *
 * Never order twice: `submitting` is durable before a byte of the order leaves the host, and is
 * taken away only when the fetcher is certain that no order can exist. A run that finds it looks
 * the order up at SCM by its tag; three clean searches or more, order_search_window between the
 * first and the last, must find nothing before the same request is sent again.
 */
#ifndef AGENT_ORDER_H
#define AGENT_ORDER_H

#include "agent/job.h"

enum progress order_step_submit(struct job *job, struct err *err);
enum progress order_step_find(struct job *job, struct err *err);

enum progress order_on_submit(struct job *job, const struct wire_reply *r, struct err *err);
enum progress order_on_find(struct job *job, const struct wire_reply *r, struct err *err);

/* What a refusal says about the order: there is none, there may be one, it has come to its end. */
enum order_end { ORDER_NONE, ORDER_OPEN, ORDER_ALIVE, ORDER_DEAD };

/*
 * Sets `err` to the failure in an answer and remembers what it means for later runs: a credential
 * that was refused; but for ORDER_OPEN, a hold. JOB_FAILED.
 */
enum progress order_failed(
	struct job *job, const struct wire_reply *r, enum order_end end, struct err *err);

#endif
