#include "agent/run.h"

#include "agent/candidate.h"
#include "agent/credential.h"
#include "agent/deploy.h"
#include "agent/domains.h"
#include "agent/hooks.h"
#include "agent/look.h"
#include "agent/targets.h"
#include "base/clock.h"
#include "base/log.h"
#include "csr/name.h"

#define POLL_MAX_MS 60000

static bool ended(const struct job *job)
{
	return job->progress == JOB_DONE || job->progress == JOB_FAILED;
}

/* Answers to others, which stood before it in the queue, give a job more time. */
static void grow_impatient(struct job *job)
{
	struct err why = { 0 };

	job->wake_ms = fetcher_heard(job->asked) + fetcher_patience(job->asked);
	if (clock_ms() < job->wake_ms)
		return;
	err_set(&why, ERR_UNAVAILABLE, "scm-agent-fetch does not answer");
	job_abort(job, &why);
}

static void deliver(struct run *run, struct job *job)
{
	AUTO(answer) struct answer answer = { 0 };
	struct err why = { 0 };
	bool late = clock_ms() >= job->wake_ms;

	/* nobody listened while another job deployed */
	if (late)
		net_wait(run->net, 0);
	if (fetcher_take(&answer, job->asked, job->request_id))
		job_answer(job, &answer.reply);
	else if (net_broken(run->net, job->asked, &why))
		job_abort(job, &why);
	else if (late)
		grow_impatient(job);
}

/* Everything that can go on without waiting. True when something did. */
static bool go_on(struct run *run, struct job *jobs, size_t n)
{
	bool moved = false;

	for (size_t i = 0; i < n; i++) {
		struct job *job = &jobs[i];
		enum progress before = job->progress;
		uint32_t asked = job->request_id;

		if (job->progress == JOB_ASKING)
			deliver(run, job);
		if (job->progress == JOB_NEXT ||
			(job->progress == JOB_SLEEPING && clock_ms() >= job->wake_ms))
			job_advance(job);
		moved = moved || job->progress != before || job->request_id != asked;
	}
	return moved;
}

/* Milliseconds until the first job gives up sleeping or waiting; -1 when all have ended. */
static int64_t patience(const struct job *jobs, size_t n)
{
	int64_t now = clock_ms();
	int64_t shortest = -1;

	for (size_t i = 0; i < n; i++) {
		int64_t left;

		if (ended(&jobs[i]))
			continue;
		left = jobs[i].wake_ms > now ? jobs[i].wake_ms - now : 0;
		if (shortest < 0 || left < shortest)
			shortest = left;
	}
	return shortest < POLL_MAX_MS ? shortest : POLL_MAX_MS;
}

/* The names of certificates that were worked on and failed, for post hooks. */
static bool failed_names(struct strlist *out, const struct job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct strlist *names = &jobs[i].cert->names;

		if (!jobs[i].began || jobs[i].progress != JOB_FAILED ||
			jobs[i].err.kind == ERR_PENDING)
			continue;
		for (size_t k = 0; k < names->n; k++)
			if (!strlist_add(out, csr_name_value(names->item[k])))
				return false;
	}
	return true;
}

void run_post_hooks(const struct job *jobs, size_t n)
{
	AUTO(strlist) struct strlist done = { 0 };
	AUTO(strlist) struct strlist failed = { 0 };
	struct hook_context context = { .failed_domains = &failed };
	struct err err = { 0 };

	if (!failed_names(&failed, jobs, n))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct conf_hooks *hooks = &jobs[i].cert->post_hooks;

		context.name = jobs[i].cert->name;
		for (size_t k = 0; jobs[i].began && k < hooks->n; k++) {
			const struct conf_hook *h = &hooks->item[k];

			if (strlist_has(&done, h->text) || !strlist_add(&done, h->text))
				continue;
			if (!hooks_call(h, HOOK_POST, &context, &err))
				log_warning("%s", err.text);
		}
	}
}

static void settle_login(struct job *job)
{
	struct err err = { 0 };

	log_scope(job->cert->name);
	/* what can't be read, or written again, is told at its turn */
	if (!look_read(job, &err) || (situation_is_deployed(&job->sit, job->digest) &&
					     !targets_restore(job->run, job->cert, &err))) {
		log_scope(NULL);
		return;
	}
	candidate_look(job);
	if (job->state == STATE_INSTALLED && !candidate_waits(job, &err))
		job_advance(job);
	else if (job->lapsed && deploy_step(job, &err) == JOB_FAILED)
		log_error("%s", err.text);
	log_scope(NULL);
}

static struct job *find_job(struct job *jobs, size_t n, const struct conf_cert *cert)
{
	for (size_t i = 0; i < n; i++)
		if (jobs[i].cert == cert)
			return &jobs[i];
	return NULL;
}

void run_logins(struct run *run, struct job *jobs, size_t n)
{
	for (size_t i = 0; i < run->conf->certs && !run->logins_settled; i++) {
		const struct conf_cert *cert = &run->conf->cert[i];
		struct job *job = find_job(jobs, n, cert);
		AUTO(job) struct job own = { 0 };

		if (!credential_is_any(run->conf, cert))
			continue;
		job_init(&own, cert, run);
		own.force = false;
		settle_login(job ? job : &own);
		run_post_hooks(&own, 1);
	}
	run->logins_settled = true;
}

void run_jobs(struct run *run, struct job *jobs, size_t n)
{
	int64_t left;

	run_logins(run, jobs, n);
	/* before the orders that need them */
	run->domains_status = domains_run(run, jobs, n);
	for (;;) {
		while (go_on(run, jobs, n))
			;
		left = patience(jobs, n);
		if (left < 0)
			break;
		net_wait(run->net, left);
	}
	log_progress_done();
	run_post_hooks(jobs, n);
}

int run_status(const struct job *jobs, size_t n)
{
	int pending = 0;

	for (size_t i = 0; i < n; i++) {
		if (jobs[i].progress != JOB_FAILED)
			continue;
		if (jobs[i].err.kind != ERR_PENDING)
			return err_exit_status(jobs[i].err.kind);
		pending = err_exit_status(ERR_PENDING);
	}
	/* an order that waits for a domain is not what failed */
	return n && jobs[0].run->domains_status ? jobs[0].run->domains_status : pending;
}
