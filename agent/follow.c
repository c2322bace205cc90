#include "agent/follow.h"

#include <stdio.h>
#include <string.h>

#include "agent/follow_look.h"
#include "agent/follow_offer.h"
#include "agent/follow_scm.h"
#include "agent/retry.h"
#include "base/clock.h"
#include "base/log.h"

/* ---- whether there is something to do -------------------------------------------------------- */

static const char *why_file(struct job *job)
{
	AUTO(follow_file) struct follow_file file = { 0 };
	struct follow_note note;
	struct err ignored = { 0 };

	follow_note_read(&note, job->run->store, job->cert->name);
	if (!follow_file_read(&file, &job->cert->follow, &ignored))
		return "the file of its leader can't be read";
	return follow_is_news(job, &note, file.digest) ? "the file of its leader has changed"
						       : NULL;
}

void follow_decide(struct job *job)
{
	const struct situation *s = &job->sit;
	struct renew_verdict *v = &job->verdict;
	const char *why = NULL;

	*v = (struct renew_verdict) { 0 };
	if (!s->newest) {
		renew_at_once(v, "no certificate yet");
		return;
	}
	renew_by_age(v, job->cert, &situation_meta(s)->r, clock_now(), job->run->host);
	if (!job->looked)
		why = renew_changed(job->cert, &s->newest_meta.r);
	if (!why)
		why = s->lost;
	if (!why && !job->looked)
		why = why_file(job);
	if (why)
		renew_at_once(v, why);
	v->due = v->due && !job->looked;
}

/* ---- how a look ends ------------------------------------------------------------------------- */

/* What is in the way fails the run in the end, but keeps nothing from being deployed. */
static enum progress end(struct job *job, const struct err *why)
{
	job->looked = true;
	job->force = false;
	job->heed = job->sit.lost;
	if (why)
		job->postponed = *why;
	return JOB_NEXT;
}

static enum progress trouble(struct follow_look *l, const struct err *why, struct err *err)
{
	return follow_remember(l, false, why->text, err) ? end(l->job, why) : JOB_FAILED;
}

/* Nothing is left to do about the file. Whether the leader is late is another matter. */
static enum progress settle(struct follow_look *l, const char *remark, struct err *err)
{
	struct job *job = l->job;
	struct renew_verdict v;
	struct err late = { 0 };

	if (!follow_remember(l, true, remark, err))
		return JOB_FAILED;
	if (!follow_is_old(&v, job))
		return end(job, NULL);
	err_set(&late, ERR_PENDING, "its leader has no other certificate yet (%s)", v.why);
	if (job->sit.lost || retry_urgent(job, clock_now()))
		return end(job, &late);
	if (job->run->named)
		log_info("%s", late.text);
	return end(job, NULL);
}

/* ---- what the file offers -------------------------------------------------------------------- */

struct ders {
	struct csr_der item[CSR_CHAIN_MAX];
	size_t n;
};

static void ders_dispose(struct ders *d)
{
	for (size_t i = 0; i < d->n; i++)
		OPENSSL_free((void *)d->item[i].data);
}
AUTO_DEFINE_REF(ders, struct ders, ders_dispose);

static bool add_der(struct ders *d, X509 *cert)
{
	unsigned char *der = NULL;
	int len = d->n < CSR_CHAIN_MAX ? i2d_X509(cert, &der) : -1;

	if (len > 0)
		d->item[d->n++] = (struct csr_der) { der, (size_t)len };
	return len > 0;
}

static enum follow_result bare_key(const struct follow_look *l, struct err *err)
{
	const struct conf_account *a = l->job->cert->account;
	const char *path = l->job->cert->follow.path;

	if (a && a->api == CONF_ADMIN)
		err_set(err, ERR_PENDING, "SCM has no certificate yet for the key in %s", path);
	else
		err_set(err, ERR_CONFIG,
			"follow: %s holds a key and no certificate, and SCM can be asked for that "
			"with an account of api = admin alone",
			path);
	return FOLLOW_UNFIT;
}

static enum follow_result from_file(struct follow_look *l, struct err *err)
{
	AUTO(ders) struct ders d = { 0 };
	struct follow_offer offer = {
		.key = l->offered.key, .der = d.item, .order = "", .refresh = l->news
	};
	enum follow_result result;

	if (!l->offered.cert)
		return bare_key(l, err);
	if (!add_der(&d, l->offered.cert)) {
		err_memory(err);
		return FOLLOW_FAILED;
	}
	for (int i = 0; i < sk_X509_num(l->offered.chain); i++)
		if (!add_der(&d, sk_X509_value(l->offered.chain, i)))
			break;
	offer.n = d.n;
	result = follow_consider(l->job, &offer, err);
	if (result == FOLLOW_UNFIT)
		err_wrap(err, "the certificate in %s is not taken", l->job->cert->follow.path);
	return result;
}

/* The newest certificate was judged by names that are configured no more. */
static bool has_other_names(const struct job *job)
{
	return job->sit.newest && renew_changed(job->cert, &job->sit.newest_meta.r);
}

/* What the file lacks came from SCM before, and is still what is wanted. */
static bool has_all_else(const struct follow_look *l)
{
	return follow_has_newest_key(l) && !l->job->sit.lost && !has_other_names(l->job);
}

/* The same key again is a leader who is behind SCM, and nothing to talk about. */
static const char *remark_on_older(const struct follow_look *l)
{
	if (!l->news)
		return l->note.trouble;
	if (follow_has_newest_key(l))
		return "";
	log_warning("%s holds an older certificate than the newest one here, which stays",
		l->job->cert->follow.path);
	return "the file of its leader holds an older certificate, which is not taken";
}

/* ---- the look -------------------------------------------------------------------------------- */

static enum progress conclude(
	struct follow_look *l, enum follow_result result, const struct err *why, struct err *err)
{
	switch (result) {
	case FOLLOW_TAKEN:
		return JOB_NEXT;
	case FOLLOW_FAILED:
		*err = *why;
		return JOB_FAILED;
	case FOLLOW_UNFIT:
		return trouble(l, why, err);
	case FOLLOW_OLDER:
		return settle(l, remark_on_older(l), err);
	case FOLLOW_SAME:
		break;
	}
	return settle(l, l->news ? "" : l->note.trouble, err);
}

static enum follow_result weigh_file(struct follow_look *l, struct err *why)
{
	enum follow_result result = FOLLOW_SAME;

	if (l->news || l->job->force || l->job->sit.lost)
		result = from_file(l, why);
	return result == FOLLOW_UNFIT && has_all_else(l) ? FOLLOW_SAME : result;
}

/* With the file open: what it offers, what SCM does, what follows. `r`: what SCM answered. */
static enum progress weigh(struct follow_look *l, const struct wire_reply *r, struct err *err)
{
	struct err why = { 0 };
	struct err unasked = { 0 };
	enum follow_result result = weigh_file(l, &why);
	bool needed;

	if (result == FOLLOW_TAKEN || result == FOLLOW_FAILED)
		return conclude(l, result, &why, err);
	if (r)
		return conclude(l, follow_weigh_answer(l, result, r, &why), &why, err);
	needed = result == FOLLOW_UNFIT || has_other_names(l->job);
	if ((needed || follow_wants_another(l->job)) && follow_may_ask(l, needed)) {
		if (follow_ask(l, result != FOLLOW_UNFIT, &unasked) == JOB_ASKING)
			return JOB_ASKING;
		result = follow_unanswered(l, result, &unasked, &why);
	}
	return conclude(l, result, &why, err);
}

static enum progress look(struct job *job, const struct wire_reply *r, struct err *err)
{
	AUTO(follow_look) struct follow_look l = { .job = job };
	struct err why = { 0 };

	follow_note_read(&l.note, job->run->store, job->cert->name);
	l.kept = l.note;
	if (!follow_file_read(&l.file, &job->cert->follow, &why))
		return trouble(&l, &why, err);
	l.news = follow_is_news(job, &l.note, l.file.digest);
	if (!r && !l.news && !job->force &&
		!(follow_wants_another(job) && follow_may_ask(&l, false)))
		return settle(&l, l.note.trouble, err);
	if (!follow_file_open(&l.offered, &l.file, &job->cert->follow, &why))
		return trouble(&l, &why, err);
	return weigh(&l, r, err);
}

enum progress follow_step(struct job *job, struct err *err)
{
	/* there is no certificate yet, and the reason is known */
	return job->looked ? JOB_DONE : look(job, NULL, err);
}

enum progress follow_on_answer(struct job *job, const struct wire_reply *r, struct err *err)
{
	return look(job, r, err);
}

enum progress follow_refuse(struct job *job, struct err *err)
{
	err_set(err, ERR_CONFIG,
		"an order of this host is in work, from before follow was set; remove follow to "
		"finish it, or give it up by scm-agent reset %s --abandon",
		job->cert->name);
	return JOB_FAILED;
}

bool follow_remark(char *text, const struct job *job)
{
	struct follow_note note = { 0 };

	if (job->cert->follow.path)
		follow_note_read(&note, job->run->store, job->cert->name);
	snprintf(text, ERR_TEXT_MAX, "%s", note.trouble);
	return *text && !note.settled;
}
