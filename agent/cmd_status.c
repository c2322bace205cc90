#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/domains.h"
#include "agent/look.h"
#include "agent/out.h"
#include "agent/refusal.h"
#include "agent/retry.h"
#include "agent/standing.h"
#include "base/clock.h"
#include "csr/name.h"

/* A credential that was refused, and is not tried again, when the next step needs it. */
static bool refused(const struct job *job, struct err *why)
{
	const struct conf_cert *cert = job->cert;
	struct refusal r;

	if (job->state == STATE_CURRENT)
		return false;
	if (refusal_of_account(&r, cert->account, why) && !refusal_check(job->run->store, &r, why))
		return true;
	return cert->token && refusal_of_token(&r, cert->token, why) &&
	       !refusal_check(job->run->store, &r, why);
}

/* What stands in the way, in a few words; "" when nothing does. */
static void add_trouble(struct buf *out, const struct job *job)
{
	const struct situation *s = &job->sit;
	struct err why = { 0 };
	char since[CLOCK_TEXT_MAX];

	if (refused(job, &why) || (!s->held.found && retry_waits(job, &why)))
		buf_add_str(out, why.text);
	else if (s->held.found)
		buf_addf(out, "held: %s", record_get(&s->held.r, "reason"));
	else if (job->state == STATE_INSTALLED && s->deploy_retry.found)
		buf_addf(out, "not deployed: %s", record_get(&s->deploy_retry.r, "message"));
	else if (s->retry.found)
		buf_add_str(out, record_get(&s->retry.r, "message"));
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
	else if (s->pinned)
		buf_addf(out, "rolled back to generation %s by hand", s->live);
}

static const struct record *served(const struct situation *s)
{
	return s->live_meta.found ? &s->live_meta.r : &s->newest_meta.r;
}

static void add_dates(struct out *o, const struct job *job)
{
	const struct record *meta = served(&job->sit);
	int64_t not_after = record_get_int(meta, "not_after", 0);
	char span[CLOCK_TEXT_MAX] = "";

	out_time(o, "not_after", "EXPIRES", not_after);
	if (not_after)
		clock_format_span(span, not_after - clock_now());
	out_text(o, "left", "LEFT", span);
	out_time(o, "renewal", "RENEWAL", situation_meta(&job->sit)->found ? job->verdict.when : 0);
}

/* Of an order in work, as SCM has it; the rest of a row is about the certificate that is served. */
static void add_pending(struct out *o, const struct situation *s, bool shown)
{
	out_text(o, "pending_order", shown ? "order in work" : NULL,
		record_get(&s->order.r, "ssl_id"));
	out_text(o, "pending_tag", shown ? "its tag" : NULL, record_get(&s->intent.r, "tag"));
}

static void status_row(struct out *o, const struct job *job)
{
	AUTO(buf) struct buf trouble = BUF(2048);
	const struct record *meta = served(&job->sit);
	struct err why = { 0 };

	add_trouble(&trouble, job);
	out_row(o);
	out_text(o, "name", "NAME", job->cert->name);
	out_text(o, "state", "STATE", state_word(job->state));
	add_dates(o, job);
	out_text(o, "generation", NULL, job->sit.live ? job->sit.live : "");
	out_text(o, "serial", NULL, record_get(meta, "serial"));
	out_text(o, "fingerprint_sha256", NULL, record_get(meta, "fingerprint"));
	out_text(o, "order", NULL, record_get(meta, "order"));
	add_pending(o, &job->sit, false);
	out_text(o, "due", NULL, job->verdict.why);
	out_flag(o, "stuck",
		job->sit.held.found || job->sit.retry.found || job->sit.deploy_retry.found ||
			*record_get(&job->sit.revoking.r, "refused") || refused(job, &why));
	out_text(o, "note", "NOTE", trouble.len ? buf_str(&trouble) : job->verdict.why);
}

/* State files that can't be read are one certificate's trouble, not everybody's. */
static void damaged_row(struct out *o, const struct job *job, const struct err *err)
{
	out_row(o);
	out_text(o, "name", "NAME", job->cert->name);
	out_text(o, "state", "STATE", "damaged");
	out_time(o, "not_after", "EXPIRES", 0);
	out_text(o, "left", "LEFT", "");
	out_time(o, "renewal", "RENEWAL", 0);
	out_flag(o, "stuck", true);
	out_text(o, "note", "NOTE", err->text);
}

static int status_of(struct out *o, const struct conf_cert *cert, struct run *run)
{
	struct err err = { 0 };
	struct job job;

	job_init(&job, cert, run);
	if (look_read(&job, &err))
		status_row(o, &job);
	else
		damaged_row(o, &job, &err);
	job_dispose(&job);
	return err_exit_status(err.kind);
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
	out_print(o);
	return status;
}

static void show_certificate(struct out *o, const struct record *meta)
{
	out_text(o, "serial", "serial", record_get(meta, "serial"));
	out_text(o, "issuer", "issuer", record_get(meta, "issuer"));
	out_time(o, "not_before", "valid from", record_get_int(meta, "not_before", 0));
	out_time(o, "not_after", "valid until", record_get_int(meta, "not_after", 0));
	out_text(o, "fingerprint_sha256", "fingerprint", record_get(meta, "fingerprint"));
	out_text(o, "spki_sha256", "public key", record_get(meta, "spki"));
	out_text(o, "order", "order", record_get(meta, "order"));
	out_text(o, "tag", "tag", record_get(meta, "tag"));
}

/* What SCM said when it was asked last; that may be a week ago. */
static bool show_standing(struct out *o, const struct job *job, const char *id, struct err *err)
{
	AUTO_STR char *status = NULL;
	int64_t time;

	if (!standing_of(&status, &time, job->run->store, job->cert->account, id, err))
		return false;
	out_text(o, "scm_status", "at SCM", status);
	out_time(o, "scm_status_time", "as of", time);
	return true;
}

static bool show_names(struct out *o, const struct conf_cert *cert)
{
	AUTO(strlist) struct strlist bare = { 0 };

	for (size_t i = 0; i < cert->names.n; i++)
		if (!strlist_add(&bare, csr_name_value(cert->names.item[i])))
			return false;
	out_list(o, "names", "names", &bare);
	return true;
}

static void show_paths(struct out *o, const struct store *s, const char *name)
{
	AUTO_STR char *live = store_live_path(s, name);

	out_text(o, "directory", "directory", live ? live : "");
}

static bool show(struct out *o, const struct job *job, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	const struct record *meta = served(&job->sit);
	AUTO(strlist) struct strlist generations = { 0 };
	AUTO(buf) struct buf trouble = BUF(2048);

	if (!store_generations(&generations, job->run->store, cert->name, err))
		return false;
	add_trouble(&trouble, job);
	out_row(o);
	out_text(o, "name", "name", cert->name);
	out_text(o, "state", "state", state_word(job->state));
	out_text(o, "note", "note", trouble.len ? buf_str(&trouble) : job->verdict.why);
	if (!show_names(o, cert))
		return err_memory(err);
	out_text(o, "account", "account", cert->account_name);
	out_text(o, "profile", "profile", cert->profile ? cert->profile : "");
	out_text(o, "key_type", "key type", ks_key_type_name(cert->key_type));
	out_text(o, "key_store", "key store", cert->key_store);
	out_text(o, "key_uri", "key URI", record_get(meta, "key_uri"));
	show_certificate(o, meta);
	if (!show_standing(o, job, record_get(meta, "order"), err))
		return false;
	add_pending(o, &job->sit, job->sit.pending);
	out_time(o, "renewal", "renewal", situation_meta(&job->sit)->found ? job->verdict.when : 0);
	show_paths(o, job->run->store, cert->name);
	out_text(o, "generation", "generation", job->sit.live ? job->sit.live : "");
	out_list(o, "generations", "generations", &generations);
	return true;
}

int cmd_show(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "certificates");
	struct run run = { .conf = c->conf, .store = c->store, .host = renew_host() };
	const struct conf_cert *cert;
	struct err err = { 0 };
	struct job job;
	bool ok;

	if (!cmd_one(&cert, c, &err))
		return cmd_fail(&err);
	job_init(&job, cert, &run);
	ok = look_read(&job, &err) && show(o, &job, &err);
	job_dispose(&job);
	if (!ok)
		return cmd_fail(&err);
	out_print_list(o);
	return 0;
}
