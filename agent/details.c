#include "agent/details.h"

#include "agent/order.h"
#include "agent/revocation.h"
#include "base/log.h"

/* The generation that decides whether the certificate is due. */
static const char *generation(const struct situation *s)
{
	return s->pinned ? s->live : s->newest;
}

enum progress details_step(struct job *job, struct err *err)
{
	struct wire_request r = { .op = WIRE_DETAILS };

	if (!job->curious)
		return JOB_DONE;
	job->curious = false;
	r.order.id = record_get(&situation_meta(&job->sit)->r, "order");
	return *r.order.id ? job_ask(job, &r, err) : JOB_DONE;
}

enum progress details_on_answer(struct job *job, const struct wire_reply *r, struct err *err)
{
	bool revoked;

	/* an order that SCM does not know, or show, is not for a hint to complain about */
	if (r->err.kind == ERR_REJECTED)
		return JOB_DONE;
	if (r->err.kind != ERR_NONE)
		return order_failed(job, r, ORDER_OPEN, err);
	if (!revocation_learn(&revoked, job->run->store, job->cert->name, generation(&job->sit),
		    &situation_meta(&job->sit)->r, r, err))
		return JOB_FAILED;
	if (!revoked)
		return JOB_DONE;
	log_warning("SCM has revoked the certificate; %s",
		job->cert->follow.path ? "its leader has to replace it" : "a new one is ordered");
	return JOB_NEXT;
}
