#include "agent/deploy.h"

#include <string.h>

#include "agent/candidate.h"
#include "agent/credential.h"
#include "agent/hooks.h"
#include "agent/install.h"
#include "agent/next_key.h"
#include "agent/pin.h"
#include "agent/prove.h"
#include "agent/prune.h"
#include "agent/revocation.h"
#include "agent/server_key.h"
#include "agent/targets.h"
#include "agent/view.h"
#include "base/clock.h"
#include "base/log.h"

static const char *text_of(const char *s)
{
	return s ? s : "";
}

static void add_target(struct buf *out, const struct conf_target *t)
{
	buf_addf(out, "install %s %s\n%s\n%s\n%s\n", t->name, conf_format_name(t->format),
		text_of(t->path), text_of(t->alias), text_of(t->password_file));
	buf_addf(out, "%s\n%s %s mode %o legacy %d\n", text_of(t->key_password_file),
		text_of(t->owner), text_of(t->group), t->mode, t->legacy);
}

bool deploy_digest(char out[static CSR_SHA256_HEX], const struct conf_cert *c, struct err *err)
{
	AUTO(buf) struct buf text = BUF(256 * 1024);

	for (size_t i = 0; i < c->deploy_hooks.n; i++) {
		buf_addf(&text, "hook %s %s\n", c->deploy_hooks.item[i].text,
			strrchr(c->deploy_hooks.item[i].path, '/'));
		strlist_join(&text, &c->deploy_hooks.item[i].options, "\n");
		buf_add_str(&text, "\n");
	}
	for (size_t i = 0; i < c->verify.n; i++) {
		const struct verify_target *t = &c->verify.item[i];

		buf_addf(&text, "verify%s %s %u %s %u\n", starttls_scheme(t->protocol), t->host,
			t->port, t->address ? t->address : "", t->address_port);
	}
	for (size_t i = 0; i < c->targets; i++)
		add_target(&text, &c->target[i]);
	buf_addf(&text, "group %s mode %o\n", c->group ? c->group : "", c->key_mode);
	if (c->server_user)
		buf_addf(&text, "server user %s\n", c->server_user);
	/* made, or dropped, before the hooks are told of it */
	if (c->next_key)
		buf_add_str(&text, "next key\n");
	if (!buf_check(&text, "deployment", err))
		return false;
	return csr_der_fingerprint(out, text.data, text.len) || err_memory(err);
}

static bool run_hooks(
	const struct conf_cert *cert, enum hook_event event, const struct view *v, struct err *err)
{
	for (size_t i = 0; i < cert->deploy_hooks.n; i++) {
		const struct conf_hook *h = &cert->deploy_hooks.item[i];

		if (event == HOOK_TEST && !h->shipped)
			continue;
		if (!hooks_call(h, event, &v->context, err))
			return false;
	}
	return true;
}

static bool switch_to(
	struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO_STR char *live = NULL;

	if (!store_live(&live, run->store, cert->name, err))
		return false;
	return (live && !strcmp(live, id)) ||
	       (revocation_check(run->store, cert->name, id, err) &&
		       store_switch(run->store, cert->name, id, err));
}

/* A generation on its way to the servers. */
struct attempt {
	const char *id;
	bool proof; /* see whether it can be used, lets the agent log in, and is served */
	struct targets targets;
};

static void attempt_dispose(struct attempt *a)
{
	targets_dispose(&a->targets);
}
AUTO_DEFINE_REF(attempt, struct attempt, attempt_dispose);

/* All that can be done while the servers still find what they had. */
static bool prepare(
	struct attempt *a, struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(fd) int archive = -1;

	return store_open_archive(&archive, run->store, cert->name, true, err) &&
	       install_set_permissions(cert, archive, a->id, err) &&
	       server_key_prepare(run, cert, a->id, a->proof, err) &&
	       targets_make(&a->targets, run, cert, a->id, err) &&
	       (!a->proof || candidate_prove(run, cert, a->id, &a->targets, err)) &&
	       targets_prepare(&a->targets, run, cert, a->id, err);
}

/* The install targets and live/, which a crash between them does not part: targets_recover(). */
static bool put(struct attempt *a, struct run *run, const struct conf_cert *cert, struct err *err)
{
	return targets_switch(&a->targets, run, cert, a->id, err) &&
	       switch_to(run, cert, a->id, err) &&
	       (!cert->targets || targets_settle(run->store, cert->name, err)) &&
	       candidate_took_over(run, cert, a->id, err);
}

static bool transact(
	struct attempt *a, struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(view) struct view v = { 0 };

	return view_open(&v, run, cert, a->id, err) && put(a, run, cert, err) &&
	       run_hooks(cert, HOOK_TEST, &v, err) && run_hooks(cert, HOOK_DEPLOY, &v, err) &&
	       (!a->proof || prove_served(run, cert, &v, err));
}

/* The way back: the former generation is switched to even when the server can't be reloaded. */
static void put_back(
	struct run *run, const struct conf_cert *cert, const char *former, struct err *failure)
{
	AUTO(attempt) struct attempt a = { .id = former };
	struct err err = { 0 };
	struct err trouble = { 0 };
	bool ready = prepare(&a, run, cert, &err);

	if (!switch_to(run, cert, former, &trouble)) {
		log_error("rolling back to generation %s: %s", former, trouble.text);
		err_wrap(failure, "and the former generation %s could not be made live", former);
		return;
	}
	if (ready && transact(&a, run, cert, &err)) {
		err_wrap(failure, "rolled back to generation %s", former);
	} else {
		log_error("rolling back to generation %s: %s", former, err.text);
		err_wrap(failure, "generation %s is live again, but its deployment failed too",
			former);
	}
	if (!store_history(run->store, &err, cert->name, "rolled-back", "generation=%s", former))
		log_error("%s", err.text);
}

bool deploy_generation(struct run *run, const struct conf_cert *cert, const char *generation,
	const char *former, struct err *err)
{
	/* SCM has forgotten what a login had before */
	bool back = former && strcmp(former, generation) && cert->on_failure == CONF_ROLLBACK &&
		    !credential_is_any(run->conf, cert);

	AUTO(attempt) struct attempt a = { .id = generation, .proof = true };

	/* nothing has changed yet, so there is nothing to put back */
	if (!prepare(&a, run, cert, err))
		return false;
	if (transact(&a, run, cert, err))
		return true;
	if (back)
		put_back(run, cert, former, err);
	if (err->kind != ERR_IO && err->kind != ERR_INTERNAL && err->kind != ERR_KEYSTORE)
		err->kind = ERR_DEPLOY;
	return false;
}

/* With an empty digest it is known to have been deployed, and a run sees to it all the same. */
static bool write_mark(struct store *store, const char *name, const char *generation, int64_t time,
	const char *digest, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;

	return record_set_int(&r, "time", time, err) && record_set(&r, "digest", digest, err) &&
	       store_open_archive(&archive, store, name, true, err) &&
	       fs_open_dir(&dir, archive, generation, err) &&
	       record_write(&r, dir, FILE_DEPLOYED, FS_ATTR(0644), err) &&
	       (!*digest || fs_remove(dir, FILE_RETRY, err));
}

bool deploy_mark(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err)
{
	char digest[CSR_SHA256_HEX];

	return deploy_digest(digest, cert, err) &&
	       write_mark(run->store, cert->name, generation, clock_now(), digest, err);
}

bool deploy_unmark(struct job *job, struct err *err)
{
	const struct evidence *mark = &job->sit.deployed;

	return !mark->found || write_mark(job->run->store, job->cert->name, job->sit.newest,
				       record_get_int(&mark->r, "time", 0), "", err);
}

/* Without its next key the hooks have to be called again, though what is served is right. */
static bool mark(struct job *job, bool staged, struct err *err)
{
	const char *id = job->sit.newest;

	return staged ? deploy_mark(job->run, job->cert, id, err)
		      : write_mark(job->run->store, job->cert->name, id, clock_now(), "", err);
}

/* Whether a generation can be fallen back on: it was deployed once and can still serve. */
static bool is_proven(
	bool *out, struct store *store, const char *name, const char *id, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err revoked = { 0 };
	bool found;

	if (!store_open_archive(&archive, store, name, true, err) ||
		!fs_open_dir(&dir, archive, id, err) ||
		!record_read(&meta, &found, dir, FILE_META, err))
		return false;
	*out = fs_exists(dir, FILE_DEPLOYED) &&
	       record_get_int(&meta, "not_after", 0) > clock_now() &&
	       revocation_check(store, name, id, &revoked);
	return true;
}

bool deploy_former(char **out, struct store *store, const char *name, const struct situation *s,
	struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	const char *found = NULL;
	bool proven = false;

	if (!store_generations(&all, store, name, err))
		return false;
	if (s->live && strcmp(s->live, s->newest) != 0) {
		if (!is_proven(&proven, store, name, s->live, err))
			return false;
		found = proven ? s->live : NULL;
	}
	for (size_t i = all.n; i-- > 1 && !found;) {
		if (!is_proven(&proven, store, name, all.item[i - 1], err))
			return false;
		found = proven ? all.item[i - 1] : NULL;
	}
	*out = found ? strdup(found) : NULL;
	return !found || *out || err_memory(err);
}

enum progress deploy_step(struct job *job, struct err *err)
{
	const char *id = job->sit.newest;
	const struct record *meta = &job->sit.newest_meta.r;
	const char *how = job->run->by_hand ? " by hand" : "";
	AUTO_STR char *former = NULL;
	struct err trouble = { 0 };
	struct err staging = { 0 };
	char expiry[CLOCK_TEXT_MAX];
	bool staged;
	bool again = job->sit.deployed.found && job->sit.live && !strcmp(job->sit.live, id);

	if (candidate_waits(job, err))
		return JOB_FAILED;
	/* a pin that counted would have made it CURRENT: what there is is left over */
	if (!deploy_former(&former, job->run->store, job->cert->name, &job->sit, err) ||
		!pin_clear(job->run->store, job->cert->name, NULL, err) || !job_begin(job, err))
		return JOB_FAILED;
	/* a token that is full is no reason to let what is live expire */
	staged = next_key_settle(job, &staging);
	/* it was deployed before: a slip in a changed hook is no reason to serve an older one */
	if (!deploy_generation(job->run, job->cert, id, again ? NULL : former, err)) {
		if (!store_history(job->run->store, &trouble, job->cert->name, "deploy-failed",
			    "generation=%s%s %s", id, how, err->text))
			*err = trouble;
		job->heed = err->kind == ERR_PENDING;
		return JOB_FAILED;
	}
	if (!mark(job, staged, err) || !store_history(job->run->store, err, job->cert->name,
					       "deployed", "generation=%s%s", id, how))
		return JOB_FAILED;
	job->run->changed = true;
	log_field("ORDER_ID", record_get(meta, "order"));
	log_field("SERIAL", record_get(meta, "serial"));
	log_info("%s%s, valid until %s",
		job->cert->deploy_hooks.n ? "installed and deployed" : "installed",
		job->cert->verify.n ? ", served certificate proved" : "",
		clock_format(expiry, record_get_int(meta, "not_after", 0)));
	/* what is served is right; old generations can wait */
	if (!prune_all(job->run, job->cert, &trouble))
		log_warning("old generations are kept: %s", trouble.text);
	if (staged)
		return JOB_NEXT;
	*err = staging;
	err_wrap(err, "deployed, but not complete");
	return JOB_FAILED;
}
