#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/candidate.h"
#include "agent/cmd.h"
#include "agent/expiry.h"
#include "agent/inventory.h"
#include "agent/look.h"
#include "agent/out.h"
#include "agent/refusal.h"
#include "agent/run.h"
#include "agent/summary.h"
#include "base/clock.h"
#include "base/log.h"

#define STATUS_CHANGED 20

static const char *const plans[STATE_COUNT] = {
	[STATE_REVOKING] = "ask SCM to revoke",
	[STATE_CURRENT] = "nothing to do",
	[STATE_DUE] = "make a key and a request, order, install, deploy",
	[STATE_KEYED] = "make the request, order, install, deploy",
	[STATE_REQUESTED] = "order, install, deploy",
	[STATE_SUBMITTING] = "look for the order at SCM, then collect, install, deploy",
	[STATE_ORDERED] = "collect from SCM, install, deploy",
	[STATE_ISSUED] = "install, deploy",
	[STATE_INSTALLED] = "deploy",
	[STATE_HELD] = "nothing: held",
};

/* What never left this host is dropped; the rest is follow_refuse(). */
static const char *plan_of_follower(enum state state)
{
	switch (state) {
	case STATE_DUE:
	case STATE_KEYED:
	case STATE_REQUESTED:
		return "look at what its leader has, install, deploy";
	case STATE_SUBMITTING:
	case STATE_ORDERED:
	case STATE_HELD:
		return "nothing: an order of this host is in work";
	default:
		return plans[state];
	}
}

static const char *plan_of(const struct job *job)
{
	AUTO(buf) struct buf names = BUF(0);
	struct err ignored = { 0 };

	if (job->state == STATE_CURRENT && summary_missing(&names, job))
		return "write the install targets again";
	if (job->state == STATE_INSTALLED && candidate_waits(job, &ignored))
		return "deploy once SCM accepts its serial number";
	return job->cert->follow.path ? plan_of_follower(job->state) : plans[job->state];
}

/* What would be done, from the same look that a run begins with. */
static int dry_run(struct job *jobs, size_t n, bool json)
{
	AUTO(out) struct out *o = out_new(json, "certificates");
	int status = 0;

	for (size_t i = 0; i < n; i++) {
		struct err err = { 0 };

		if (!look_read(&jobs[i], &err)) {
			int one = cmd_fail(&err);

			status = status ? status : one;
			continue;
		}
		out_row(o);
		out_text(o, "name", "NAME", jobs[i].cert->name);
		out_text(o, "state", "STATE", state_word(jobs[i].state));
		out_text(o, "why", "WHY", jobs[i].force ? "forced" : jobs[i].verdict.why);
		out_text(o, "plan", "PLAN", plan_of(&jobs[i]));
	}
	out_print(o);
	return status;
}

static void print_results(const struct job *jobs, size_t n)
{
	AUTO(out) struct out *o = out_new(true, "certificates");

	for (size_t i = 0; i < n; i++) {
		const struct job *job = &jobs[i];

		out_row(o);
		out_text(o, "name", NULL, job->cert->name);
		out_text(o, "state", NULL, state_word(job->state));
		out_flag(o, "renewed", job->renewed);
		out_text(o, "result", NULL,
			job->err.kind == ERR_NONE ? "ok" : err_name(job->err.kind));
		out_number(o, "exit_status", NULL, err_exit_status(job->err.kind));
		out_text(o, "message", NULL, job->err.text);
	}
	out_print(o);
}

static void warn_of_windows(const struct job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!jobs[i].verdict.window_too_long || !jobs[i].renewed)
			continue;
		log_scope(jobs[i].cert->name);
		log_warning("renew_before is no shorter than the certificate's life; 33%% of it is "
			    "used");
		log_scope(NULL);
	}
}

/*
 * Once a week, what SCM lists is asked for again. Nothing depends on it today: an SCM that can't be
 * reached is no failure of a run that has nothing to do, and a refused credential is said once.
 */
static void keep_inventories(struct run *run)
{
	for (size_t i = 0; i < run->conf->accounts; i++) {
		const struct conf_account *a = &run->conf->account[i];
		struct refusal refusal;
		struct err err = { 0 };

		if (!inventory_due(run->store, a, run->host, clock_now()) ||
			!refusal_of_account(&refusal, a, &err) ||
			!refusal_check(run->store, &refusal, &err) || inventory_keep(run, a, &err))
			continue;
		if (err.kind == ERR_AUTH)
			log_warning("%s", err.text);
		else
			log_debug("%s", err.text);
	}
}

static int run_all(struct cmd_context *c, const struct conf_cert **certs, size_t n, struct err *err)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct job *jobs = calloc(n + 1, sizeof(*jobs));
	int status;

	if (!jobs || !cmd_run_open(&r, c, err)) {
		free(jobs);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		job_init(&jobs[i], certs[i], &r.run);
		jobs[i].curious = c->cli->value[VALUE_HINTED] != NULL;
	}
	if (c->cli->dry_run) {
		status = dry_run(jobs, n, c->cli->json);
	} else {
		run_logins(&r.run, jobs, n);
		if (!r.run.named && !c->cli->value[VALUE_HINTED])
			keep_inventories(&r.run);
		run_jobs(&r.run, jobs, n);
		warn_of_windows(jobs, n);
		expiry_warn(&r.run);
		status = run_status(jobs, n);
		if (c->cli->json)
			print_results(jobs, n);
		if (!status && r.run.changed && c->cli->detailed_exit_code)
			status = STATUS_CHANGED;
	}
	for (size_t i = 0; i < n; i++)
		job_dispose(&jobs[i]);
	free(jobs);
	return status;
}

int cmd_run(struct cmd_context *c)
{
	const struct conf_cert **certs = NULL;
	struct err err = { 0 };
	size_t n = 0;
	int status;

	if (!cmd_select(&certs, &n, c, &err))
		return cmd_fail(&err);
	if (c->cli->value[VALUE_HINTED])
		n = hints_choose(certs, n, &c->hints, c->store);
	status = run_all(c, certs, n, &err);
	free(certs);
	return status < 0 ? cmd_fail(&err) : status;
}
