/* Commands that change what is live. */
#include <stdio.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/deploy.h"
#include "agent/intent.h"
#include "agent/look.h"
#include "agent/out.h"
#include "agent/pin.h"
#include "agent/retry.h"
#include "agent/revocation.h"
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
	if (!look_read(&job, &err) || !work(c, &job, &err)) {
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
