#include "agent/job.h"

#include <string.h>

#include "agent/collect.h"
#include "agent/deploy.h"
#include "agent/details.h"
#include "agent/follow.h"
#include "agent/hold.h"
#include "agent/hooks.h"
#include "agent/install.h"
#include "agent/intent.h"
#include "agent/look.h"
#include "agent/order.h"
#include "agent/retry.h"
#include "agent/revoke.h"
#include "agent/targets.h"
#include "base/clock.h"
#include "base/log.h"

typedef enum progress step_fn(struct job *job, struct err *err);
typedef enum progress answer_fn(struct job *job, const struct wire_reply *r, struct err *err);

static bool remove_note(struct job *job, struct err *err)
{
	AUTO(fd) int dir = -1;

	return store_open_pending(&dir, job->run->store, job->cert->name, false, err) &&
	       (dir < 0 || fs_remove(dir, FILE_RETRY, err));
}

/* Nothing is due: what an order failed of is past. What is installed should still be there. */
static enum progress current_step(struct job *job, struct err *err)
{
	return remove_note(job, err) && targets_restore(job->run, job->cert, err)
		       ? details_step(job, err)
		       : JOB_FAILED;
}

/* What is revoked can't be deployed, and its leader alone can replace it. */
static enum progress follower_deploy_step(struct job *job, struct err *err)
{
	return job->sit.lost ? JOB_DONE : deploy_step(job, err);
}

/* The life of a certificate: what to do in each state, and with the answer when one is asked for.
 */
struct row {
	step_fn *step;
	answer_fn *answer;
};

static const struct row life[STATE_COUNT] = {
	[STATE_REVOKING] = { revoke_step, revoke_on_answer },
	[STATE_CURRENT] = { current_step, details_on_answer },
	[STATE_DUE] = { intent_step_key, NULL },
	[STATE_KEYED] = { intent_step_request, NULL },
	[STATE_REQUESTED] = { order_step_submit, order_on_submit },
	[STATE_SUBMITTING] = { order_step_find, order_on_find },
	[STATE_ORDERED] = { collect_step, collect_on_answer },
	[STATE_ISSUED] = { install_step, NULL },
	[STATE_INSTALLED] = { deploy_step, NULL },
	[STATE_HELD] = { hold_step, NULL },
};

/* That of one which another host orders: no row can make a key, order, revoke or ask for it. */
static const struct row following[STATE_COUNT] = {
	[STATE_REVOKING] = { follow_refuse, NULL },
	[STATE_CURRENT] = { current_step, details_on_answer },
	[STATE_DUE] = { follow_step, follow_on_answer },
	[STATE_KEYED] = { follow_refuse, NULL },
	[STATE_REQUESTED] = { follow_refuse, NULL },
	[STATE_SUBMITTING] = { follow_refuse, NULL },
	[STATE_ORDERED] = { follow_refuse, NULL },
	[STATE_ISSUED] = { install_step, NULL },
	[STATE_INSTALLED] = { follower_deploy_step, NULL },
	[STATE_HELD] = { follow_refuse, NULL },
};

static const struct row *row_of(const struct job *job)
{
	return job->cert->follow.path ? &following[job->state] : &life[job->state];
}

void job_init(struct job *job, const struct conf_cert *cert, struct run *run)
{
	*job = (struct job) { .cert = cert, .run = run, .progress = JOB_NEXT, .force = run->force };
}

void job_dispose(struct job *job)
{
	situation_dispose(&job->sit);
}

/* An order that may exist belongs to the account that it was made with. */
static const char *bound_account(const struct job *job)
{
	const struct situation *s = &job->sit;

	if (job->state == STATE_REVOKING)
		return record_get(&s->revoking.r, "account");
	if (job->state == STATE_CURRENT)
		return record_get(&situation_meta(s)->r, "account");
	return s->submitting.found || s->order.found ? record_get(&s->intent.r, "account") : NULL;
}

bool job_account(const struct conf_account **out, const struct job *job, struct err *err)
{
	const char *name = bound_account(job);
	bool gives_up = job->sit.intent.found && job->state != STATE_REVOKING;

	*out = job->cert->account;
	if (!name)
		return true;
	*out = conf_find_account(job->run->conf, name);
	return *out ||
	       err_set(err, ERR_CONFIG,
		       "its order was made with account %s, which is not configured any more; "
		       "configure it%s%s%s",
		       name, gives_up ? ", or give the order up by scm-agent reset " : "",
		       gives_up ? job->cert->name : "", gives_up ? " --abandon" : "");
}

enum progress job_ask(struct job *job, struct wire_request *r, struct err *err)
{
	const struct conf_account *account;
	struct fetcher *fetcher;

	if (!job_account(&account, job, err) ||
		!net_account(&fetcher, job->run->net, account, err) ||
		!fetcher_send(fetcher, r, err))
		return JOB_FAILED;
	job->asked = fetcher;
	job->request_id = r->id;
	job->wake_ms = clock_ms() + fetcher_patience(fetcher);
	return JOB_ASKING;
}

enum progress job_sleep(struct job *job, int64_t seconds)
{
	job->wake_ms = clock_ms() + seconds * 1000;
	return JOB_SLEEPING;
}

bool job_begin(struct job *job, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	struct hook_context context = { .name = cert->name };

	if (job->began)
		return true;
	job->began = true;
	if (!store_clean(job->run->store, cert->name, err))
		return false;
	for (size_t i = 0; i < cert->pre_hooks.n; i++)
		if (!hooks_call(&cert->pre_hooks.item[i], HOOK_PRE, &context, err))
			return err_wrap(err, "a pre hook forbids to go on");
	return true;
}

/* The last word about a job, said once. */
static void report(const struct job *job)
{
	const struct err *err = &job->err;

	if (err->kind != ERR_PENDING)
		log_error("%s", err->text);
	else if (job->heed)
		log_warning("%s", err->text);
	else if (retry_urgent(job, clock_now()))
		log_warning("%s; the live certificate expires soon", err->text);
	else if (job->submitted || job->run->named)
		log_info("%s; a later run goes on", err->text);
	else
		log_debug("%s", err->text);
}

static void fail(struct job *job, const struct err *why)
{
	struct err trouble = { 0 };

	job->err = *why;
	job->progress = JOB_FAILED;
	if (!retry_note(job, &trouble))
		log_error("%s", trouble.text);
	report(job);
}

/* True when the job has to wait for its time: its last failure is its result once more. */
static bool too_early(struct job *job)
{
	struct err why = { 0 };

	if (job->run->named || job->state == STATE_HELD || job->state == STATE_REVOKING ||
		!retry_waits(job, &why))
		return false;
	job->err = why;
	job->progress = JOB_FAILED;
	report(job);
	return true;
}

static enum progress take_step(struct job *job, struct err *err)
{
	step_fn *step;
	enum state before = job->state;

	if (!job->awake && !look_tidy(job, err))
		return JOB_FAILED;
	step = row_of(job)->step;
	if (job->revoke_only && job->state != STATE_REVOKING)
		return JOB_DONE;
	if (!job->awake && before != job->state)
		log_debug("%s", state_name(job->state));
	return step(job, err);
}

/* Progress ends a back-off: what failed before has been overcome. */
static bool forget_failures(struct job *job, struct err *err)
{
	if (!job->sit.retry.found)
		return true;
	if (!remove_note(job, err))
		return false;
	record_dispose(&job->sit.retry.r);
	job->sit.retry.found = false;
	return true;
}

/* An order may be in work for days; the servers need what is installed meanwhile. */
static void restore(struct job *job)
{
	struct err err = { 0 };

	if (job->state != STATE_CURRENT && situation_is_deployed(&job->sit, job->digest) &&
		!targets_restore(job->run, job->cert, &err))
		log_error("%s", err.text);
}

void job_advance(struct job *job)
{
	bool first = job->progress == JOB_NEXT && !job->asked;
	struct err err = { 0 };

	log_scope(job->cert->name);
	job->awake = job->progress == JOB_SLEEPING;
	job->progress = JOB_NEXT;
	if (first && !targets_recover(job->run, job->cert, &err)) {
		fail(job, &err);
		log_scope(NULL);
		return;
	}
	if (first && !job->awake && look_tidy(job, &err)) {
		restore(job);
		if (too_early(job)) {
			log_scope(NULL);
			return;
		}
	}
	while (job->progress == JOB_NEXT) {
		job->progress = take_step(job, &err);
		if (job->progress == JOB_NEXT && !forget_failures(job, &err))
			job->progress = JOB_FAILED;
		job->awake = false;
		if (job->progress == JOB_DONE && job->postponed.kind != ERR_NONE) {
			job->progress = JOB_FAILED;
			err = job->postponed;
		}
		if (job->progress == JOB_FAILED)
			fail(job, &err);
	}
	log_scope(NULL);
}

void job_answer(struct job *job, const struct wire_reply *reply)
{
	struct err err = { 0 };

	log_scope(job->cert->name);
	job->progress = row_of(job)->answer(job, reply, &err);
	/* an answer that says to wait is progress, too */
	if (reply->err.kind == ERR_NONE &&
		(job->progress != JOB_FAILED || err.kind == ERR_PENDING) &&
		!forget_failures(job, &err))
		job->progress = JOB_FAILED;
	if (job->progress == JOB_FAILED)
		fail(job, &err);
	log_scope(NULL);
}

void job_abort(struct job *job, const struct err *why)
{
	log_scope(job->cert->name);
	fail(job, why);
	log_scope(NULL);
}
