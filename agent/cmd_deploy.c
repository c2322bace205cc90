/* Commands that change what is live, or what keeps it from changing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/deploy.h"
#include "agent/hold.h"
#include "agent/install.h"
#include "agent/intent.h"
#include "agent/out.h"
#include "agent/pin.h"
#include "agent/refusal.h"
#include "agent/retry.h"
#include "agent/revocation.h"
#include "agent/revoke.h"
#include "agent/run.h"
#include "base/clock.h"
#include "base/log.h"
#include "csr/key.h"

/* What is live afterwards, and how it went. */
static int print_result(
	struct cmd_context *c, const struct conf_cert *cert, const struct err *result)
{
	AUTO(out) struct out *o = out_new(true, "certificates");
	AUTO_STR char *live = NULL;
	struct err err = { 0 };

	if (!store_live(&live, c->store, cert->name, &err))
		return cmd_fail(&err);
	out_row(o);
	out_text(o, "name", NULL, cert->name);
	out_text(o, "generation", NULL, live ? live : "");
	out_number(o, "exit_status", NULL, err_exit_status(result->kind));
	out_text(o, "message", NULL, result->text);
	out_print(o);
	return err_exit_status(result->kind);
}

/* A generation may come back only when it could still serve: unexpired, and key and leaf a pair. */
static bool check_generation(
	struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(record) struct record meta = { 0 };
	AUTO(buf) struct buf request = BUF(128 * 1024);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	char expiry[CLOCK_TEXT_MAX];
	bool found;
	int64_t end;

	if (!store_open_archive(&archive, run->store, cert->name, true, err) ||
		!store_generations(&all, run->store, cert->name, err))
		return false;
	if (!strlist_has(&all, id))
		return err_set(err, ERR_USAGE, "there is no generation '%s'; see scm-agent show %s",
			id, cert->name);
	if (!fs_open_dir(&dir, archive, id, err) ||
		!record_read(&meta, &found, dir, FILE_META, err) ||
		!fs_read(&request, dir, FILE_REQUEST, err))
		return false;
	end = record_get_int(&meta, "not_after", 0);
	if (end <= clock_now())
		return err_set(err, ERR_USAGE, "generation %s expired at %s", id,
			clock_format(expiry, end));
	return revocation_check(run->store, cert->name, id, err) &&
	       intent_load_key(&key, run, &meta, dir, err) &&
	       csr_matches_key(request.data, request.len, key, err);
}

/* The generation before the live one. */
static bool previous(char out[static GENERATION_MAX], struct run *run, const struct conf_cert *cert,
	const char *live, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	long at;

	if (!store_generations(&all, run->store, cert->name, err))
		return false;
	at = live ? strlist_find(&all, live) : -1;
	if (at < 1)
		return err_set(err, ERR_USAGE, "there is no earlier generation to go back to");
	snprintf(out, GENERATION_MAX, "%s", all.item[at - 1]);
	return true;
}

/*
 * The pin first: a run after a crash must not bring the newest generation back. Only what is live
 * afterwards keeps its pin, and that may be what was live, and pinned, before.
 */
static bool deploy_pinned(struct run *run, const struct conf_cert *cert, const char *id,
	const struct situation *s, struct err *err)
{
	AUTO_STR char *live = NULL;
	struct err trouble = { 0 };
	bool done = pin_set(run->store, cert->name, id, s->newest, err) &&
		    deploy_generation(run, cert, id, s->live, err) &&
		    deploy_mark(run, cert, id, err);

	if (store_live(&live, run->store, cert->name, &trouble) &&
		pin_clear(run->store, cert->name, live, &trouble))
		return done;
	if (done)
		*err = trouble;
	return false;
}

/* A run goes on with what fails from here on, as with a failure of its own. */
static bool deploy(struct cmd_context *c, struct job *job, struct err *err)
{
	struct err trouble = { 0 };

	(void)c;
	if (!job->sit.newest)
		return err_set(err, ERR_USAGE,
			"there is no generation to deploy yet; run scm-agent run %s",
			job->cert->name);
	if (!check_generation(job->run, job->cert, job->sit.newest, err) || !job_begin(job, err) ||
		!deploy_unmark(job, err))
		return false;
	job->state = STATE_INSTALLED;
	if (deploy_step(job, err) == JOB_NEXT)
		return true;
	job->err = *err;
	if (!retry_note(job, &trouble))
		log_error("%s", trouble.text);
	return false;
}

static bool rollback(struct cmd_context *c, struct job *job, struct err *err)
{
	struct store *store = job->run->store;
	const char *name = job->cert->name;
	struct err trouble = { 0 };
	char id[GENERATION_MAX];

	if (c->cli->args > 1)
		snprintf(id, sizeof(id), "%s", c->cli->arg[1]);
	else if (!previous(id, job->run, job->cert, job->sit.live, err))
		return false;
	if (!check_generation(job->run, job->cert, id, err) || !job_begin(job, err))
		return false;
	if (deploy_pinned(job->run, job->cert, id, &job->sit, err)) {
		log_info("generation %s is live until the next renewal, or scm-agent deploy %s", id,
			name);
		return store_history(store, err, name, "rollback", "generation=%s by hand", id);
	}
	if (!store_history(store, &trouble, name, "deploy-failed", "generation=%s by hand %s", id,
		    err->text))
		log_error("%s", trouble.text);
	return false;
}

typedef bool work_fn(struct cmd_context *c, struct job *job, struct err *err);

static int with_job(struct cmd_context *c, work_fn *work)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	AUTO(job) struct job job = { 0 };
	const struct conf_cert *cert;
	struct err err = { 0 };
	int status = 0;

	if (!cmd_one(&cert, c, &err) || !cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	r.run.by_hand = true;
	job_init(&job, cert, &r.run);
	log_scope(cert->name);
	job.progress = JOB_DONE;
	if (!job_look(&job, &err) || !work(c, &job, &err)) {
		job.progress = JOB_FAILED;
		job.err = err;
		status = cmd_fail(&err);
	}
	log_progress_done();
	log_scope(NULL);
	run_post_hooks(&job, 1);
	return c->cli->json ? print_result(c, cert, &err) : status;
}

int cmd_deploy(struct cmd_context *c)
{
	return with_job(c, deploy);
}

int cmd_rollback(struct cmd_context *c)
{
	return with_job(c, rollback);
}

static bool forget(struct store *store, const struct refusal *r, const char *what, const char *name,
	struct err *err)
{
	if (!fs_exists(store->cache, r->file))
		return true;
	if (!refusal_forget(store, r, err))
		return false;
	log_info("%s %s: the refusal is forgotten; the next run tries it again", what, name);
	return true;
}

static bool forget_refusals(struct cmd_context *c, struct err *err)
{
	struct refusal refusal;

	for (size_t i = 0; i < c->conf->accounts; i++)
		if (!refusal_of_account(&refusal, &c->conf->account[i], err) ||
			!forget(c->store, &refusal, "account", c->conf->account[i].name, err))
			return false;
	for (size_t i = 0; i < c->conf->tokens; i++)
		if (!refusal_of_token(&refusal, &c->conf->token[i], err) ||
			!forget(c->store, &refusal, "token", c->conf->token[i].name, err))
			return false;
	return true;
}

static bool clear_pending(struct cmd_context *c, const struct conf_cert *cert,
	const struct situation *s, struct err *err)
{
	AUTO(fd) int dir = -1;
	bool known = s->order.found || s->submitting.found;

	if (s->pending && c->cli->abandon)
		return known ? store_abandon(c->store, cert->name, err)
			     : store_discard(c->store, cert->name, err);
	if (s->held.found)
		return hold_release(c->store, s, cert->name, err);
	if (!store_open_pending(&dir, c->store, cert->name, false, err))
		return false;
	return dir < 0 || fs_remove(dir, FILE_RETRY, err);
}

static bool clear_deploy(struct cmd_context *c, const struct conf_cert *cert,
	const struct situation *s, struct err *err)
{
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;

	if (!s->newest)
		return true;
	return store_open_archive(&archive, c->store, cert->name, true, err) &&
	       fs_open_dir(&dir, archive, s->newest, err) && fs_remove(dir, FILE_RETRY, err);
}

static bool reset(struct cmd_context *c, const struct conf_cert *cert, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	bool given_up;

	if (!situation_read(&s, c->store, cert->name, err))
		return false;
	given_up = s.pending && c->cli->abandon;
	if (!given_up && !s.held.found && !s.retry.found && !s.deploy_retry.found &&
		!s.revoking.found) {
		log_info("nothing to clear: neither held nor waiting after a failure");
		return true;
	}
	if (!clear_pending(c, cert, &s, err) || !clear_deploy(c, cert, &s, err) ||
		!revoke_again(c->store, cert->name, &s, err))
		return false;
	log_info("%s", given_up ? "the order in work is given up; the next run begins anew"
				: "cleared; the next run tries again");
	return store_history(c->store, err, cert->name, "reset", "%s",
		given_up ? "order abandoned by hand" : "");
}

int cmd_reset(struct cmd_context *c)
{
	const struct conf_cert **certs = NULL;
	struct err err = { 0 };
	size_t n = 0;
	int status = 0;

	if (c->cli->abandon && !c->cli->args) {
		err_set(&err, ERR_USAGE, "--abandon needs the certificate's name");
		return cmd_fail(&err);
	}
	if (!cmd_select(&certs, &n, c, &err) || !forget_refusals(c, &err)) {
		free(certs);
		return cmd_fail(&err);
	}
	for (size_t i = 0; i < n; i++) {
		log_scope(certs[i]->name);
		if (!reset(c, certs[i], &err)) {
			int one = cmd_fail(&err);

			status = status ? status : one;
		}
	}
	log_scope(NULL);
	free(certs);
	return status;
}

/* A key in a token may need what is not up yet at boot; the next run finishes those. */
static bool finish_install(struct run *run, const struct conf_cert *cert, struct err *err)
{
	struct job job;
	bool ok;

	job_init(&job, cert, run);
	ok = job_look(&job, err);
	if (ok && job.state == STATE_ISSUED && !cert->token)
		ok = install_step(&job, err) == JOB_NEXT;
	job_dispose(&job);
	return ok;
}

/* live/ is missing or points nowhere: the newest generation that was deployed, else the newest. */
static bool relink(struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO_STR char *former = NULL;
	const char *to;

	if (!situation_read(&s, run->store, cert->name, err))
		return false;
	if (s.live || !s.newest)
		return true;
	if (!deploy_former(&former, run->store, cert->name, &s, err))
		return false;
	to = s.deployed.found || !former ? s.newest : former;
	return revocation_check(run->store, cert->name, to, err) &&
	       store_switch(run->store, cert->name, to, err) &&
	       store_history(run->store, err, cert->name, "recovered", "generation=%s", to);
}

int cmd_recover(struct cmd_context *c)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct err err = { 0 };
	int status = 0;

	if (!cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	for (size_t i = 0; i < c->conf->certs; i++) {
		const struct conf_cert *cert = &c->conf->cert[i];

		log_scope(cert->name);
		if (store_clean(c->store, cert->name, &err) && finish_install(&r.run, cert, &err) &&
			relink(&r.run, cert, &err))
			continue;
		if (!status)
			status = err_exit_status(err.kind);
		log_error("%s", err.text);
	}
	log_scope(NULL);
	return status;
}
