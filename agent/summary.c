#include "agent/summary.h"

#include "agent/domains.h"
#include "agent/follow.h"
#include "agent/refusal.h"
#include "agent/retry.h"
#include "agent/targets.h"
#include "base/clock.h"

#define NAMES_MAX 1024

bool summary_refused(const struct job *job, struct err *why)
{
	const struct conf_cert *cert = job->cert;
	struct refusal r;

	if (job->state == STATE_CURRENT)
		return false;
	if (cert->account && refusal_of_account(&r, cert->account, why) &&
		!refusal_check(job->run->store, &r, why))
		return true;
	return cert->token && refusal_of_token(&r, cert->token, why) &&
	       !refusal_check(job->run->store, &r, why);
}

/* What is revoked is not written again. */
bool summary_missing(struct buf *names, const struct job *job)
{
	return !job->sit.lost &&
	       (job->state == STATE_CURRENT || situation_is_deployed(&job->sit, job->digest)) &&
	       targets_missing(names, job->cert);
}

void summary_trouble(struct buf *out, const struct job *job)
{
	AUTO(buf) struct buf names = BUF(NAMES_MAX);
	const struct situation *s = &job->sit;
	struct err why = { 0 };
	char remark[ERR_TEXT_MAX];
	char since[CLOCK_TEXT_MAX];

	follow_remark(remark, job);
	if (summary_refused(job, &why) || (!s->held.found && retry_waits(job, &why)))
		buf_add_str(out, why.text);
	else if (s->held.found)
		buf_addf(out, "held: %s", record_get(&s->held.r, "reason"));
	else if (job->state == STATE_INSTALLED && s->unaccepted.found)
		buf_add_str(out, record_get(&s->unaccepted.r, "message"));
	else if (job->state == STATE_INSTALLED && s->deploy_retry.found)
		buf_addf(out, "not deployed: %s", record_get(&s->deploy_retry.r, "message"));
	else if (s->retry.found)
		buf_add_str(out, record_get(&s->retry.r, "message"));
	else if (summary_missing(&names, job))
		buf_addf(out, "install targets are gone, which each run tries to write again: %s",
			buf_str(&names));
	else if (s->order.found)
		buf_addf(out, "order %s awaited since %s", record_get(&s->order.r, "ssl_id"),
			clock_format(since, record_get_int(&s->order.r, "time", 0)));
	else if (job->state == STATE_REQUESTED && !domains_ready(job->run, job->cert, &why))
		buf_add_str(out, why.text);
	else if (s->submitting.found)
		buf_add_str(out, "the answer to the order was lost; it is looked for at SCM");
	else if (*record_get(&s->revoking.r, "refused"))
		buf_addf(out, "generation %s is not revoked: %s",
			record_get(&s->revoking.r, "generation"),
			record_get(&s->revoking.r, "refused"));
	else if (s->revoking.found)
		buf_addf(out, "generation %s is being revoked",
			record_get(&s->revoking.r, "generation"));
	else if (job->verdict.replacement && !job->verdict.due)
		buf_addf(out, "replacement due at %s",
			clock_format(since, job->verdict.replacement));
	else if (*remark)
		buf_add_str(out, remark);
	else if (s->pinned)
		buf_addf(out, "rolled back to generation %s by hand", s->live);
}

const struct record *summary_served(const struct situation *s)
{
	return s->live_meta.found ? &s->live_meta.r : &s->newest_meta.r;
}

void summary_pending(struct out *o, const struct situation *s, bool shown)
{
	out_text(o, "pending_order", shown ? "order in work" : NULL,
		record_get(&s->order.r, "ssl_id"));
	out_text(o, "pending_tag", shown ? "its tag" : NULL, record_get(&s->intent.r, "tag"));
}
