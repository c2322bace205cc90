/* Commands about orders: `reissue` asks for another certificate of one, `adopt` takes one over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/adopt.h"
#include "agent/cmd.h"
#include "agent/look.h"
#include "agent/out.h"
#include "agent/revocation.h"
#include "agent/run.h"
#include "base/log.h"

#define REASON "reissued by scm-agent"
#define REASON_MAX 512 /* scm-api.md 3.5 */

typedef bool begin_fn(struct cmd_context *c, struct job *job, struct err *err);

static int print_result(const struct cmd_context *c, const struct job *job)
{
	AUTO(out) struct out *o = out_new(true, "certificates");

	if (c->cli->json) {
		out_row(o);
		out_text(o, "name", NULL, job->cert->name);
		out_text(o, "state", NULL, state_word(job->state));
		out_flag(o, "renewed", job->renewed);
		out_number(o, "exit_status", NULL, err_exit_status(job->err.kind));
		out_text(o, "message", NULL, job->err.text);
		out_print(o);
	}
	return run_status(job, 1);
}

static begin_fn begin_adopt;

/* What begins prepares the state; the life of a certificate goes on from there. */
static int drive(struct cmd_context *c, begin_fn *begin)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	AUTO(job) struct job job = { 0 };
	const struct conf_cert *cert;
	struct err err = { 0 };

	if (!cmd_one(&cert, c, &err) || !cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	job_init(&job, cert, &r.run);
	log_scope(cert->name);
	if (!cmd_check_orders(cert, &err))
		return cmd_fail(&err);
	if (!look_read(&job, &err) || !begin(c, &job, &err))
		return cmd_fail(&err);
	log_scope(NULL);
	run_jobs(&r.run, &job, 1);
	if (begin == begin_adopt && job.progress == JOB_FAILED && job.err.kind != ERR_PENDING)
		log_info("scm-agent reset %s --abandon gives the adoption up", cert->name);
	return print_result(c, &job);
}

/* The order, and why SCM would not replace it, as far as this host knows. */
static bool check_reissue(const struct job *job, struct err *err)
{
	const struct situation *s = &job->sit;
	const struct evidence *meta = situation_meta(s);
	const char *changed;

	if (s->intent.found)
		return err_set(err, ERR_USAGE,
			"an order is in work; finish it first by scm-agent run %s",
			job->cert->name);
	if (!meta->found || !*record_get(&meta->r, "order"))
		return err_set(err, ERR_USAGE, "there is no certificate to replace yet");
	if (job->cert->key_uri)
		return err_set(err, ERR_USAGE,
			"a replacement needs another key, and key_uri names the one there is; "
			"change "
			"key_uri, then scm-agent run %s orders a new certificate",
			job->cert->name);
	changed = renew_changed(job->cert, &meta->r);
	if (changed)
		return err_set(err, ERR_USAGE,
			"%s since the last order; scm-agent run %s orders a new certificate",
			changed, job->cert->name);
	return revocation_check(
		       job->run->store, job->cert->name, s->pinned ? s->live : s->newest, err) ||
	       err_wrap(err, "scm-agent run %s orders a new certificate", job->cert->name);
}

static bool begin_reissue(struct cmd_context *c, struct job *job, struct err *err)
{
	const char *reason = c->cli->value[VALUE_REASON];

	if (reason && (!*reason || strlen(reason) > REASON_MAX))
		return err_set(err, ERR_USAGE, "--reason: 1 to %d characters", REASON_MAX);
	job->reissue = reason ? reason : REASON;
	job->force = true;
	return check_reissue(job, err);
}

int cmd_reissue(struct cmd_context *c)
{
	return drive(c, begin_reissue);
}

static bool begin_adopt(struct cmd_context *c, struct job *job, struct err *err)
{
	struct adoption a = { .order = c->cli->value[VALUE_SSL_ID],
		.key_file = c->cli->value[VALUE_KEY],
		.key_id = c->cli->value[VALUE_KEY_ID] };

	if (!a.order)
		return err_set(err, ERR_USAGE, "--ssl-id is missing");
	return adopt_order(job, &a, err);
}

int cmd_adopt(struct cmd_context *c)
{
	return drive(c, begin_adopt);
}
