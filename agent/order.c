#include "agent/order.h"

#include <inttypes.h>
#include <string.h>

#include "agent/domains.h"
#include "agent/fuse.h"
#include "agent/give_up.h"
#include "agent/hold.h"
#include "agent/hooks.h"
#include "agent/inventory.h"
#include "agent/refusal.h"
#include "agent/sequel.h"
#include "agent/submission.h"
#include "base/clock.h"
#include "base/log.h"
#include "csr/key.h"

#define CLEAN_SEARCHES 3
#define PEM_MAX (128 * 1024)

/* How many searches found no order, and since when: the first of them, or the announcement. */
static bool write_submitting(int dir, int64_t since, int64_t searches, struct err *err)
{
	AUTO(record) struct record r = { 0 };

	return record_set_int(&r, "time", since, err) &&
	       record_set_int(&r, "searches", searches, err) &&
	       record_write(&r, dir, FILE_SUBMITTING, FS_ATTR(0600), err);
}

/* Certain that no order exists: the announcement goes, and the same request may be sent again. */
static bool withdraw(struct job *job, struct err *err)
{
	AUTO(fd) int dir = -1;

	return store_open_pending(&dir, job->run->store, job->cert->name, true, err) &&
	       fs_remove(dir, FILE_SUBMITTING, err);
}

enum progress order_step_submit(struct job *job, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	const char *tag = record_get(&job->sit.intent.r, "tag");
	AUTO(submission) struct submission s = { 0 };
	AUTO(fd) int dir = -1;
	struct wire_request r = { .op = WIRE_SUBMIT };
	struct err trouble = { 0 };
	struct fetcher *fetcher;
	uint64_t profile;

	/* the fetcher first: a credential that does not work is no reason to announce an order */
	if (!net_account(&fetcher, job->run->net, cert->account, err) ||
		!domains_ready(job->run, cert, err) || !fuse_check(job, err) ||
		!inventory_profile(&profile, job->run, cert, err) || !hooks_check(cert, err) ||
		!submission_fill(&s, job, profile, err) ||
		!store_open_pending(&dir, job->run->store, cert->name, true, err) ||
		!store_history(job->run->store, err, cert->name, "submitting", "tag=%s", tag) ||
		!write_submitting(dir, clock_now(), 0, err))
		return JOB_FAILED;
	r.submit = s.wire;
	log_progress("%s: ordering", cert->name);
	if (job_ask(job, &r, err) == JOB_ASKING)
		return JOB_ASKING;
	/* the fetcher never had the whole of it, so nothing has left this host */
	if (!withdraw(job, &trouble))
		*err = trouble;
	return JOB_FAILED;
}

/* What an order followed, for the history. */
static const char *how(const struct sequel *s)
{
	return s->kind == WIRE_RENEW ? " renews=" : s->kind == WIRE_REPLACE ? " replaces=" : "";
}

static bool write_order(struct job *job, const char *id, const char *event,
	const struct sequel *sequel, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;

	if (!record_set(&r, "ssl_id", id, err) ||
		!record_set(&r, "account", record_get(&job->sit.intent.r, "account"), err) ||
		!record_set_int(&r, "time", clock_now(), err) ||
		!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!record_write(&r, dir, FILE_ORDER, FS_ATTR(0600), err) ||
		!store_history(job->run->store, err, job->cert->name, event, "order=%s%s%s", id,
			how(sequel), sequel->order))
		return false;
	job->run->changed = true;
	return true;
}

enum progress order_failed(
	struct job *job, const struct wire_reply *r, enum order_end end, struct err *err)
{
	const struct conf_account *account;
	struct refusal refusal;
	struct err why = r->err;
	struct err trouble = { 0 };

	job->retry_after = r->retry_after;
	*err = why;
	if (why.kind == ERR_AUTH &&
		(!job_account(&account, job, &trouble) ||
			!refusal_of_account(&refusal, account, &trouble) ||
			!refusal_note(job->run->store, &refusal, why.text, &trouble)))
		*err = trouble;
	if (why.kind == ERR_REJECTED && end != ORDER_OPEN &&
		!hold_set(job, &why, end == ORDER_DEAD, &trouble))
		*err = trouble;
	return JOB_FAILED;
}

/* What was asked for by hand is over; to be held would keep what is live from being renewed. */
static enum progress not_replaced(struct job *job, const struct wire_reply *r, struct err *err)
{
	if (give_up_work(job->run->store, job->cert->name, &job->sit, err))
		order_failed(job, r, ORDER_OPEN, err);
	return JOB_FAILED;
}

enum progress order_on_submit(struct job *job, const struct wire_reply *r, struct err *err)
{
	struct sequel sequel = sequel_of(&job->sit.intent.r);
	const char *id = *r->order ? r->order : sequel.order;

	if (r->err.kind == ERR_NONE) {
		if (r->enrolled) {
			log_warning("SCM does not renew order %s; a new one was made instead",
				sequel.order);
			sequel = (struct sequel) { .kind = WIRE_ENROLL, .order = "" };
		}
		if (!write_order(job, id, "ordered", &sequel, err))
			return JOB_FAILED;
		job->submitted = true;
		log_info("%s from SCM, order %s",
			sequel.kind == WIRE_REPLACE ? "a new certificate requested" : "ordered",
			id);
		return JOB_NEXT;
	}
	if (r->refused && r->err.kind == ERR_REJECTED && sequel.kind == WIRE_REPLACE)
		return not_replaced(job, r, err);
	if (r->unsent || r->refused) {
		if (!withdraw(job, err) || !domains_accepted(job->run, job->cert, r->code, err))
			return JOB_FAILED;
		return order_failed(job, r, ORDER_NONE, err);
	}
	/* a refused credential is not for the next run to find out about by another call */
	order_failed(job, r, ORDER_OPEN, err);
	err_wrap(err, "the answer to the order was lost; %s",
		job->cert->account->api == CONF_ENROLLMENT ? "see on_lost_answer"
							   : "the next run looks for it at SCM");
	return JOB_FAILED;
}

/* The Enrollment API lists nothing: what became of the order is for the administrator to see. */
static enum progress lost_for_good(struct job *job, struct err *err)
{
	const char *tag = record_get(&job->sit.intent.r, "tag");
	struct err why = { 0 };

	if (job->cert->on_lost_answer == CONF_RESUBMIT) {
		if (!store_history(job->run->store, err, job->cert->name, "possible-orphan",
			    "tag=%s", tag) ||
			!withdraw(job, err))
			return JOB_FAILED;
		log_warning("the answer to the order was lost: submitting the same request again");
		return JOB_NEXT;
	}
	err_set(&why, ERR_REJECTED,
		"the answer to the order was lost, and the Enrollment API can't search: it may be "
		"a possible orphan at SCM, with %s in its comments; scm-agent reset %s orders anew",
		tag, job->cert->name);
	if (hold_set(job, &why, true, err))
		*err = why;
	return JOB_FAILED;
}

static bool own_spki(char out[static CSR_SHA256_HEX], const struct job *job, struct err *err)
{
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(fd) int dir = -1;

	return store_open_pending(&dir, job->run->store, job->cert->name, true, err) &&
	       fs_read(&pem, dir, FILE_REQUEST, err) &&
	       csr_fingerprint_spki(out, pem.data, pem.len, err);
}

enum progress order_step_find(struct job *job, struct err *err)
{
	const struct record *intent = &job->sit.intent.r;
	struct sequel sequel = sequel_of(intent);
	struct wire_request r = { .op = WIRE_FIND };
	const struct conf_account *account;
	char spki[CSR_SHA256_HEX];

	if (!job_account(&account, job, err))
		return JOB_FAILED;
	if (account->api == CONF_ENROLLMENT)
		return lost_for_good(job, err);
	if (!own_spki(spki, job, err))
		return JOB_FAILED;
	r.find = (struct wire_find) { .kind = sequel.kind,
		.common_name = record_get(intent, "common_name"),
		.tag = record_get(intent, "tag"),
		.order = sequel.order,
		.spki = spki };
	log_progress("%s: looking for the order at SCM", job->cert->name);
	return job_ask(job, &r, err);
}

/* One more search that found nothing. The order may only be slow to appear: three, over a while. */
static enum progress not_found(struct job *job, struct err *err)
{
	const struct record *old = &job->sit.submitting.r;
	AUTO(fd) int dir = -1;
	int64_t searches = record_get_int(old, "searches", 0) + 1;
	/* from the first of them: before, the order may have waited for its turn to be sent */
	int64_t since = searches > 1 ? record_get_int(old, "time", clock_now()) : clock_now();

	if (searches >= CLEAN_SEARCHES &&
		clock_now() - since >= job->run->conf->agent.order_search_window) {
		log_warning("no order found in %" PRId64
			    " searches: submitting the same request again",
			searches);
		if (!store_history(job->run->store, err, job->cert->name, "possible-orphan",
			    "tag=%s", record_get(&job->sit.intent.r, "tag")))
			return JOB_FAILED;
		return withdraw(job, err) ? JOB_NEXT : JOB_FAILED;
	}
	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!write_submitting(dir, since, searches, err))
		return JOB_FAILED;
	err_set(err, ERR_PENDING,
		"SCM knows no order of ours yet (search %" PRId64
		"); it may still be at work on it",
		searches);
	return JOB_FAILED;
}

enum progress order_on_find(struct job *job, const struct wire_reply *r, struct err *err)
{
	struct sequel sequel = sequel_of(&job->sit.intent.r);

	if (r->err.kind != ERR_NONE)
		return order_failed(job, r, ORDER_OPEN, err);
	if (!*r->order && r->undecided) {
		err_set(err, ERR_PENDING,
			"SCM has an order that may be ours; its certificate will tell");
		return JOB_FAILED;
	}
	if (!*r->order)
		return not_found(job, err);
	if (!write_order(job, r->order, "adopted", &sequel, err))
		return JOB_FAILED;
	log_info("found the order at SCM, order %s", r->order);
	return JOB_NEXT;
}
