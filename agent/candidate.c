#include "agent/candidate.h"

#include <string.h>

#include "agent/credential.h"
#include "agent/expiry.h"
#include "agent/refusal.h"
#include "agent/target_file.h"
#include "base/clock.h"
#include "base/log.h"

#define SERIAL_TEXT_MAX 64

static bool open_generation(
	int *out, struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO(fd) int archive = -1;

	return store_open_archive(&archive, run->store, cert->name, false, err) &&
	       fs_open_dir(out, archive, id, err);
}

static bool read_meta(struct record *out, struct run *run, const struct conf_cert *cert,
	const char *id, struct err *err)
{
	AUTO(fd) int dir = -1;
	bool found;

	return open_generation(&dir, run, cert, id, err) &&
	       record_read(out, &found, dir, FILE_META, err);
}

/* "3a0f" to "3A:0F", as people compare them. */
static const char *colons(char out[static SERIAL_TEXT_MAX], const char *hex)
{
	size_t n = 0;

	for (size_t i = 0; hex[i] && n + 3 < SERIAL_TEXT_MAX; i++) {
		if (i && i % 2 == 0)
			out[n++] = ':';
		out[n++] = hex[i];
	}
	out[n] = '\0';
	return out;
}

/* ---- the old one ----------------------------------------------------------------------------- */

static bool has_expired(struct run *run, const struct conf_account *a)
{
	struct expiry e;

	return expiry_of(&e, run->store, a) && e.not_after <= clock_now();
}

static bool was_refused(struct run *run, const struct conf_account *a)
{
	struct refusal r;
	struct err why = { 0 };

	return refusal_of_account(&r, a, &why) && !refusal_check(run->store, &r, &why) &&
	       why.kind == ERR_AUTH;
}

static bool still_works(struct run *run, const struct conf_account *a)
{
	struct fetcher *fetcher;
	struct err why = { 0 };

	if (was_refused(run, a) || has_expired(run, a))
		return false;
	/* what can't even be loaded was not refused */
	if (!net_account(&fetcher, run->net, a, &why))
		return why.kind != ERR_AUTH;
	/* that it was loaded may have shown when it ends */
	return !has_expired(run, a) && (net_log_in(run->net, a, &why) || why.kind != ERR_AUTH);
}

/* ---- the new one ----------------------------------------------------------------------------- */

static bool in_use(bool *out, struct run *run, const struct conf_account *a,
	const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO_STR char *live = NULL;
	struct expiry e;

	if (a->store_cert) {
		if (!store_live(&live, run->store, cert->name, err))
			return false;
		*out = live && !strcmp(live, id);
		return true;
	}
	if (!read_meta(&meta, run, cert, id, err))
		return false;
	*out = expiry_of(&e, run->store, a) && !strcmp(e.serial, record_get(&meta, "serial"));
	return true;
}

/* Exactly what will be in the file, so that passwords and aliases are tried, too. */
static bool of_file(struct credential *out, struct run *run, const struct conf_account *a,
	const struct conf_cert *cert, const struct targets *made, struct err *err)
{
	const struct conf_target *t = credential_target(a, cert);

	if (!credential_of(out, run->conf, run->store, a, err))
		return false;
	for (size_t i = 0; i < made->n && !out->content; i++)
		if (!strcmp(made->item[i].target->path, t->path))
			out->content = &made->item[i].content;
	return out->content || err_set(err, ERR_INTERNAL, "%s was not made", t->path);
}

static bool try_one(struct run *run, const struct conf_account *a, const struct conf_cert *cert,
	const char *id, const struct targets *made, struct err *err)
{
	AUTO(credential) struct credential c = { 0 };
	bool used;

	if (!in_use(&used, run, a, cert, id, err))
		return false;
	if (used)
		return true;
	if (!(a->store_cert ? credential_of_generation(&c, run->conf, run->store, cert, id, err)
			    : of_file(&c, run, a, cert, made, err)))
		return false;
	log_progress("%s: logging in at SCM", cert->name);
	return net_try(run->net, a, &c, err);
}

/* Says what a person has to do, what happens until then, and what SCM said (`err`). */
static void describe_refusal(struct err *err, struct run *run, const struct conf_account *a,
	const struct conf_cert *cert, const struct record *meta, bool last)
{
	struct err said = *err;
	char serial[SERIAL_TEXT_MAX];
	char when[CLOCK_TEXT_MAX] = "";
	struct expiry e;

	colons(serial, record_get(meta, "serial"));
	if (!last && expiry_of(&e, run->store, a))
		clock_format(when, e.not_after);
	if (last)
		err_set(err, ERR_AUTH,
			"SCM accepts neither the old nor the new client certificate of %s: enter "
			"serial number %s for that administrator in SCM (Settings, Admins), then "
			"scm-agent deploy %s (%.200s)",
			a->login, serial, cert->name, said.text);
	else
		err_set(err, ERR_PENDING,
			"SCM does not accept the new client certificate yet: enter its serial "
			"number %s for administrator %s in SCM (Settings, Admins); until then the "
			"old one is used%s%s (%.200s)",
			serial, a->login, *when ? ", which expires " : "", when, said.text);
}

static bool note_refusal(struct run *run, const struct conf_account *a,
	const struct conf_cert *cert, const char *id, struct err *err)
{
	bool last = was_refused(run, a) || has_expired(run, a);
	AUTO(record) struct record meta = { 0 };
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;
	struct refusal account;
	struct err why = *err;

	if (!read_meta(&meta, run, cert, id, err) || !open_generation(&dir, run, cert, id, err))
		return false;
	describe_refusal(&why, run, a, cert, &meta, last);
	if (!record_set_int(&r, "time", clock_now(), err) ||
		!record_set(&r, "account", a->name, err) ||
		!record_set(&r, "kind", err_name(why.kind), err) ||
		!record_set(&r, "message", why.text, err) ||
		!record_write(&r, dir, FILE_UNACCEPTED, FS_ATTR(0600), err))
		return false;
	if (last && (!refusal_of_account(&account, a, err) ||
			    !refusal_note(run->store, &account, why.text, err)))
		return false;
	*err = why;
	return false;
}

static bool accept(struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	AUTO(fd) int dir = -1;

	return open_generation(&dir, run, cert, id, err) && fs_remove(dir, FILE_UNACCEPTED, err);
}

bool candidate_prove(struct run *run, const struct conf_cert *cert, const char *id,
	const struct targets *made, struct err *err)
{
	for (size_t i = 0; i < run->conf->accounts; i++) {
		const struct conf_account *a = &run->conf->account[i];

		if (!credential_is(a, cert) || try_one(run, a, cert, id, made, err))
			continue;
		return err->kind == ERR_AUTH ? note_refusal(run, a, cert, id, err)
					     : err_wrap(err, "the new client certificate");
	}
	return accept(run, cert, id, err);
}

bool candidate_took_over(
	struct run *run, const struct conf_cert *cert, const char *id, struct err *err)
{
	for (size_t i = 0; i < run->conf->accounts; i++) {
		const struct conf_account *a = &run->conf->account[i];
		AUTO(record) struct record meta = { 0 };

		if (credential_is(a, cert) &&
			(!net_renew(run->net, a, err) || !read_meta(&meta, run, cert, id, err) ||
				!expiry_note(run->store, a, record_get_int(&meta, "not_after", 0),
					record_get(&meta, "serial"), err)))
			return false;
	}
	return true;
}

/* ---- while it waits -------------------------------------------------------------------------- */

/* Whose login it was; NULL when that account logs in with something else by now. */
static const struct conf_account *refuser(const struct job *job)
{
	const char *name = record_get(&job->sit.unaccepted.r, "account");
	const struct conf_account *a = conf_find_account(job->run->conf, name);

	return a && credential_is(a, job->cert) ? a : NULL;
}

bool candidate_waits(const struct job *job, struct err *why)
{
	const struct evidence *e = &job->sit.unaccepted;

	if (!e->found || job->lapsed || job->run->by_hand || !refuser(job))
		return false;
	err_set(why, err_kind_of(record_get(&e->r, "kind"), ERR_PENDING), "%s",
		record_get(&e->r, "message"));
	return true;
}

static bool may_serve(const struct situation *s)
{
	return !s->pinned && !s->lost &&
	       record_get_int(&s->newest_meta.r, "not_after", 0) > clock_now();
}

/*
 * Of the account that refused it: what another one's login comes to says nothing about its number.
 * When it refused both, only what a person changed since is a reason.
 */
static bool has_lapsed(const struct job *job, const struct err *why)
{
	const struct conf_account *a = refuser(job);

	return why->kind == ERR_AUTH ? !was_refused(job->run, a) : !still_works(job->run, a);
}

void candidate_look(struct job *job)
{
	struct err err = { 0 };

	job->lapsed = candidate_waits(job, &err) && may_serve(&job->sit) && has_lapsed(job, &err);
}
