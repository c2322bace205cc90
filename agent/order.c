#include "agent/order.h"

#include <inttypes.h>
#include <string.h>

#include "agent/fuse.h"
#include "agent/hooks.h"
#include "agent/intent.h"
#include "agent/inventory.h"
#include "agent/refusal.h"
#include "base/clock.h"
#include "base/log.h"
#include "csr/key.h"
#include "csr/name.h"

#define TAG_PREFIX "scm-agent:"
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

static void add_comments(struct buf *out, const struct conf_cert *cert, const char *tag)
{
	if (cert->comments)
		buf_addf(out, "%s ", cert->comments);
	buf_addf(out, TAG_PREFIX "%s", tag);
}

static void add_fields(struct wire_submit *s, const struct conf_cert *cert)
{
	for (size_t i = 0; i < cert->field_names.n; i++)
		s->field[s->field_count++] = (struct wire_field) { cert->field_names.item[i],
			cert->field_values.item[i] };
}

enum progress order_step_submit(struct job *job, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	const char *tag = record_get(&job->sit.intent.r, "tag");
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(buf) struct buf names = BUF(WIRE_STRING_MAX);
	AUTO(buf) struct buf comments = BUF(WIRE_STRING_MAX);
	AUTO(buf) struct buf requesters = BUF(WIRE_STRING_MAX);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(fd) int dir = -1;
	struct wire_request r = { .op = WIRE_SUBMIT };
	struct fetcher *fetcher;
	uint64_t profile;

	/* the fetcher first: a credential that does not work is no reason to announce an order */
	if (!net_account(&fetcher, job->run->net, cert->account, err) || !fuse_check(job, err) ||
		!inventory_profile(&profile, job->run, cert, err) || !hooks_check(cert, err) ||
		!store_open_pending(&dir, job->run->store, cert->name, true, err) ||
		!fs_read(&pem, dir, FILE_REQUEST, err))
		return JOB_FAILED;
	/* the key may have been made in an earlier run: it must still be there before money is
	 * spent */
	if (!intent_load_key(&key, job->run, &job->sit.intent.r, dir, err) ||
		!csr_matches_key(pem.data, pem.len, key, err))
		return JOB_FAILED;
	csr_names_bare(&names, &cert->names);
	add_comments(&comments, cert, tag);
	strlist_join(&requesters, &cert->external_requesters, ",");
	r.submit = (struct wire_submit) { .kind = WIRE_ENROLL,
		.org_id = cert->account->organization_id,
		.profile = profile,
		.term = (uint32_t)cert->term,
		.csr = buf_str(&pem),
		.names = buf_str(&names),
		.comments = buf_str(&comments),
		.external_requester = buf_str(&requesters) };
	add_fields(&r.submit, cert);
	if (!buf_check(&names, "subject_alt_names", err) ||
		!buf_check(&comments, "comments", err) ||
		!buf_check(&requesters, "external_requesters", err) ||
		!store_history(job->run->store, err, cert->name, "submitting", "tag=%s", tag) ||
		!write_submitting(dir, clock_now(), 0, err))
		return JOB_FAILED;
	log_progress("%s: ordering", cert->name);
	return job_ask(job, &r, err);
}

static bool write_order(struct job *job, const char *id, const char *event, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;

	if (!record_set(&r, "ssl_id", id, err) ||
		!record_set(&r, "account", record_get(&job->sit.intent.r, "account"), err) ||
		!record_set_int(&r, "time", clock_now(), err) ||
		!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!record_write(&r, dir, FILE_ORDER, FS_ATTR(0600), err) ||
		!store_history(job->run->store, err, job->cert->name, event, "order=%s", id))
		return false;
	job->run->changed = true;
	return true;
}

/* Certain that no order exists: the announcement goes, and the same request may be sent again. */
static bool withdraw(struct job *job, struct err *err)
{
	AUTO(fd) int dir = -1;

	return store_open_pending(&dir, job->run->store, job->cert->name, true, err) &&
	       fs_remove(dir, FILE_SUBMITTING, err);
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
		!job_hold(job, &why, end == ORDER_DEAD, &trouble))
		*err = trouble;
	return JOB_FAILED;
}

enum progress order_on_submit(struct job *job, const struct wire_reply *r, struct err *err)
{
	if (r->err.kind == ERR_NONE) {
		if (!write_order(job, r->order, "ordered", err))
			return JOB_FAILED;
		job->submitted = true;
		log_info("ordered from SCM, order %s", r->order);
		return JOB_NEXT;
	}
	if (r->unsent || r->refused) {
		if (!withdraw(job, err))
			return JOB_FAILED;
		return order_failed(job, r, ORDER_NONE, err);
	}
	/* a refused credential is not for the next run to find out about by another call */
	order_failed(job, r, ORDER_OPEN, err);
	err_wrap(err, "the answer to the order was lost; the next run looks for it at SCM");
	return JOB_FAILED;
}

enum progress order_step_find(struct job *job, struct err *err)
{
	struct wire_request r = { .op = WIRE_FIND };

	r.find = (struct wire_find) { .kind = WIRE_ENROLL,
		.common_name = record_get(&job->sit.intent.r, "common_name"),
		.tag = record_get(&job->sit.intent.r, "tag") };
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
	if (r->err.kind != ERR_NONE)
		return order_failed(job, r, ORDER_OPEN, err);
	if (!*r->order)
		return not_found(job, err);
	if (!write_order(job, r->order, "adopted", err))
		return JOB_FAILED;
	log_info("found the order at SCM, order %s", r->order);
	return JOB_NEXT;
}
