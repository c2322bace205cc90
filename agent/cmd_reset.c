/* Commands that clear what is in the way of a run: holds, pauses, interrupted work. */
#include <stdlib.h>

#include "agent/cmd.h"
#include "agent/deploy.h"
#include "agent/give_up.h"
#include "agent/hold.h"
#include "agent/install.h"
#include "agent/leftovers.h"
#include "agent/look.h"
#include "agent/refusal.h"
#include "agent/revocation.h"
#include "agent/revoke.h"
#include "agent/targets.h"
#include "base/log.h"

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
		return known ? give_up_order(c->store, cert->name, s, err)
			     : give_up_work(c->store, cert->name, s, err);
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
	       fs_open_dir(&dir, archive, s->newest, err) && fs_remove(dir, FILE_RETRY, err) &&
	       fs_remove(dir, FILE_UNACCEPTED, err);
}

static bool reset(struct cmd_context *c, const struct conf_cert *cert, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	bool given_up;

	if (!situation_read(&s, c->store, cert->name, err))
		return false;
	given_up = s.pending && c->cli->abandon;
	if (!given_up && !s.held.found && !s.retry.found && !s.deploy_retry.found &&
		!s.unaccepted.found && !s.revoking.found) {
		log_info("nothing to clear: neither held nor waiting after a failure");
		return true;
	}
	if (given_up && !leftovers_warn_of_order(c->store, cert->name, err))
		return false;
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
	ok = look_read(&job, err);
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

/* Such as files below /run, which the servers want before they start. */
static bool restore_targets(struct run *run, const struct conf_cert *cert, struct err *err)
{
	struct job job;
	bool ok;

	job_init(&job, cert, run);
	ok = look_read(&job, err) &&
	     (!situation_is_deployed(&job.sit, job.digest) || targets_restore(run, cert, err));
	job_dispose(&job);
	return ok;
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
			relink(&r.run, cert, &err) && targets_recover(&r.run, cert, &err) &&
			restore_targets(&r.run, cert, &err))
			continue;
		if (!status)
			status = err_exit_status(err.kind);
		log_error("%s", err.text);
	}
	log_scope(NULL);
	return status;
}
