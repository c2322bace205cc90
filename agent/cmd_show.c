#include <stdio.h>

#include "agent/cmd.h"
#include "agent/look.h"
#include "agent/standing.h"
#include "agent/summary.h"
#include "csr/name.h"

/* A new login that SCM does not take yet is not live: its number is what a person has to enter. */
static void show_certificate(struct out *o, const struct situation *s)
{
	const struct record *meta = summary_served(s);
	const struct record *newest = &s->newest_meta.r;
	bool waits = s->unaccepted.found;

	out_text(o, "serial", "serial", record_get(meta, "serial"));
	out_text(o, "new_serial", waits ? "new serial" : NULL,
		waits ? record_get(newest, "serial") : "");
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

	if (!job->cert->account)
		return true;
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
	const struct record *meta = summary_served(&job->sit);
	AUTO(strlist) struct strlist generations = { 0 };
	AUTO(buf) struct buf trouble = BUF(2048);

	if (!store_generations(&generations, job->run->store, cert->name, err))
		return false;
	summary_trouble(&trouble, job);
	out_row(o);
	out_text(o, "name", "name", cert->name);
	out_text(o, "state", "state", state_word(job->state));
	out_text(o, "note", "note", trouble.len ? buf_str(&trouble) : job->verdict.why);
	if (!show_names(o, cert))
		return err_memory(err);
	out_text(o, "follows", cert->follow.path ? "follows" : NULL,
		cert->follow.path ? cert->follow.path : "");
	out_text(o, "account", "account", cert->account_name ? cert->account_name : "");
	out_text(o, "profile", "profile", cert->profile ? cert->profile : "");
	out_text(o, "key_type", "key type",
		cert->follow.path ? record_get(meta, "key_type")
				  : ks_key_type_name(cert->key_type));
	out_text(o, "key_store", "key store", cert->key_store);
	out_text(o, "key_uri", "key URI", record_get(meta, "key_uri"));
	show_certificate(o, &job->sit);
	if (!show_standing(o, job, record_get(meta, "order"), err))
		return false;
	summary_pending(o, &job->sit, job->sit.pending);
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
