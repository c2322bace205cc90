#include <stdio.h>
#include <stdlib.h>

#include "agent/cmd.h"
#include "agent/expiry.h"
#include "agent/follow.h"
#include "agent/leftovers.h"
#include "agent/look.h"
#include "agent/refusal.h"
#include "agent/summary.h"
#include "base/clock.h"

static void add_dates(struct out *o, const struct job *job)
{
	const struct record *meta = summary_served(&job->sit);
	int64_t not_after = record_get_int(meta, "not_after", 0);
	char span[CLOCK_TEXT_MAX] = "";

	out_time(o, "not_after", "EXPIRES", not_after);
	if (not_after)
		clock_format_span(span, not_after - clock_now());
	out_text(o, "left", "LEFT", span);
	out_time(o, "renewal", "RENEWAL", situation_meta(&job->sit)->found ? job->verdict.when : 0);
}

static void status_row(struct out *o, const struct job *job)
{
	AUTO(buf) struct buf trouble = BUF(2048);
	AUTO(buf) struct buf missing = BUF(1024);
	const struct record *meta = summary_served(&job->sit);
	char remark[ERR_TEXT_MAX];
	struct err why = { 0 };

	summary_trouble(&trouble, job);
	out_row(o);
	out_text(o, "name", "NAME", job->cert->name);
	out_text(o, "state", "STATE", state_word(job->state));
	add_dates(o, job);
	out_text(o, "generation", NULL, job->sit.live ? job->sit.live : "");
	out_text(o, "serial", NULL, record_get(meta, "serial"));
	out_text(o, "fingerprint_sha256", NULL, record_get(meta, "fingerprint"));
	out_text(o, "order", NULL, record_get(meta, "order"));
	summary_pending(o, &job->sit, false);
	out_text(o, "due", NULL, job->verdict.why);
	out_flag(o, "stuck",
		job->sit.held.found || job->sit.retry.found || job->sit.deploy_retry.found ||
			job->sit.unaccepted.found || *record_get(&job->sit.revoking.r, "refused") ||
			summary_refused(job, &why) || follow_remark(remark, job) ||
			summary_missing(&missing, job));
	out_text(o, "note", "NOTE", trouble.len ? buf_str(&trouble) : job->verdict.why);
}

/* Without a life to be looked at: `note` says why. */
static void bare_row(struct out *o, const struct job *job, const char *state, const char *note)
{
	out_row(o);
	out_text(o, "name", "NAME", job->cert->name);
	out_text(o, "state", "STATE", state);
	add_dates(o, job);
	out_flag(o, "stuck", true);
	out_text(o, "note", "NOTE", note);
}

/* What SCM issued is valid until it expires or is revoked, and may still be served. */
static bool leftover_rows(struct out *o, struct run *run, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (!leftovers_list(&names, run->conf, run->store, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		const struct conf_cert gone = { .name = names.item[i] };
		char note[160];
		struct err why = { 0 };
		struct job job;

		snprintf(note, sizeof(note), LEFTOVERS_NOTE, gone.name);
		job_init(&job, &gone, run);
		if (situation_read(&job.sit, run->store, gone.name, &why))
			bare_row(o, &job, "removed", note);
		else
			bare_row(o, &job, "damaged", why.text);
		job_dispose(&job);
	}
	return true;
}

/* State files that can't be read are one certificate's trouble, not everybody's. */
static int status_of(struct out *o, const struct conf_cert *cert, struct run *run)
{
	struct err err = { 0 };
	struct job job;

	job_init(&job, cert, run);
	if (look_read(&job, &err))
		status_row(o, &job);
	else
		bare_row(o, &job, "damaged", err.text);
	job_dispose(&job);
	return err_exit_status(err.kind);
}

/* What accounts log in with; of a password SCM alone knows when it ends. */
static void account_rows(struct out *o, struct run *run)
{
	for (size_t i = 0; i < run->conf->accounts; i++) {
		const struct conf_account *a = &run->conf->account[i];
		struct expiry e = { 0 };
		struct refusal r;
		struct err why = { 0 };
		char span[CLOCK_TEXT_MAX] = "";

		if (a->auth != CONF_CLIENT_CERT)
			continue;
		if (expiry_of(&e, run->store, a))
			clock_format_span(span, e.not_after - clock_now());
		if (refusal_of_account(&r, a, &why) && refusal_check(run->store, &r, &why))
			why.text[0] = '\0';
		out_row(o);
		out_text(o, "name", "ACCOUNT", a->name);
		out_text(o, "login", "LOGIN", a->login);
		out_time(o, "not_after", "CERTIFICATE EXPIRES", e.not_after);
		out_text(o, "left", "LEFT", span);
		out_text(o, "serial", NULL, e.serial);
		out_text(o, "note", "NOTE", why.text);
	}
}

int cmd_status(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "certificates");
	const struct conf_cert **certs = NULL;
	struct run run = { .conf = c->conf, .store = c->store, .host = renew_host() };
	struct err err = { 0 };
	size_t n = 0;
	int status = 0;

	if (!cmd_select(&certs, &n, c, &err))
		return cmd_fail(&err);
	for (size_t i = 0; i < n; i++) {
		int one = status_of(o, certs[i], &run);

		status = status ? status : one;
	}
	free(certs);
	if (!c->cli->args && !leftover_rows(o, &run, &err))
		return cmd_fail(&err);
	if (!c->cli->args) {
		out_next(o, "accounts");
		account_rows(o, &run);
	}
	out_print(o);
	return status;
}
