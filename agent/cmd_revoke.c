/* `revoke`: one certificate, at SCM. Nothing else is done; a replacement is the next run's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/credential.h"
#include "agent/look.h"
#include "agent/revoke.h"
#include "agent/run.h"
#include "base/log.h"

#define REASONS "unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation"

/* What to revoke unless a generation is named: what the servers show. */
static const char *chosen(const struct cmd_context *c, const struct situation *s)
{
	const char *named = c->cli->value[VALUE_GENERATION];

	return named ? named : s->live ? s->live : s->newest;
}

/* SCM may stop to know who logs in with a revoked certificate, also to order the next one. */
static bool check_login(
	const struct cmd_context *c, const struct job *job, const char *generation, struct err *err)
{
	const char *name = job->cert->name;
	const char *live = job->sit.live;

	if (c->cli->force || !credential_is_any(c->conf, job->cert) || !live ||
		strcmp(live, generation) != 0)
		return true;
	return err_set(err, ERR_USAGE,
		"generation %s is what scm-agent itself logs in with, and revoked it may not get "
		"another one: renew it first (scm-agent run %s --force), or give --force here, too",
		generation, name);
}

static bool begin(struct cmd_context *c, struct job *job, struct err *err)
{
	const char *text = c->cli->value[VALUE_REASON];
	const char *generation;
	const char *reason;
	uint32_t code;

	if (!text)
		return err_set(err, ERR_USAGE, "--reason is missing: " REASONS);
	if (!revoke_parse_reason(&code, &reason, text))
		return err_set(
			err, ERR_USAGE, "--reason: '%s' is none that SCM takes: " REASONS, text);
	if (!look_read(job, err))
		return false;
	generation = chosen(c, &job->sit);
	if (!generation)
		return err_set(err, ERR_USAGE, "there is no certificate to revoke yet");
	return check_login(c, job, generation, err) &&
	       revoke_begin(job, generation, code, reason, err);
}

/* A refusal has been said by the step; it is the command's result all the same. */
static int conclude(struct job *job)
{
	struct err err = { 0 };

	if (job->progress == JOB_FAILED)
		return err_exit_status(job->err.kind);
	if (!look_read(job, &err))
		return cmd_fail(&err);
	if (*record_get(&job->sit.revoking.r, "refused"))
		return err_exit_status(ERR_REJECTED);
	if (job->sit.lost && job->sit.intent.found)
		log_info("the order in work is its replacement");
	else if (job->sit.lost)
		log_info("the next run orders a new certificate, unless [certificate:%s] is "
			 "removed first",
			job->cert->name);
	return 0;
}

int cmd_revoke(struct cmd_context *c)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	AUTO(job) struct job job = { 0 };
	const struct conf_cert *cert;
	struct err err = { 0 };
	int status;

	if (!cmd_one(&cert, c, &err) || !cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	r.run.force = false;
	job_init(&job, cert, &r.run);
	job.revoke_only = true;
	log_scope(cert->name);
	if (!cmd_check_orders(cert, &err) || !begin(c, &job, &err))
		return cmd_fail(&err);
	run_jobs(&r.run, &job, 1);
	log_scope(cert->name);
	status = conclude(&job);
	log_scope(NULL);
	return status;
}
