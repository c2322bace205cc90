#include "agent/collect.h"

#include <inttypes.h>
#include <string.h>

#include <openssl/x509.h>

#include "agent/give_up.h"
#include "agent/install.h"
#include "agent/order.h"
#include "agent/retry.h"
#include "agent/sequel.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ossl.h"
#include "csr/chain.h"
#include "csr/key.h"

#define PEM_MAX (128 * 1024)
#define REPLACE_TIME 86400

/*
 * Waits before retrieval 1, 2, ... as enroll_back_off_timer says. False when there will be no
 * further one in this run.
 */
static bool back_off(struct job *job)
{
	const struct conf_account *a = job->cert->account;
	int64_t seconds;

	if (job->attempt >= a->max_attempts && clock_ms() >= job->run->wait_until_ms)
		return false;
	job->attempt++;
	seconds = retry_look_pause(a, job->attempt);
	log_progress("%s: waiting for SCM to issue, next look in %" PRId64 " s", job->cert->name,
		seconds);
	job_sleep(job, seconds);
	return true;
}

enum progress collect_step(struct job *job, struct err *err)
{
	struct wire_request r = { .op = WIRE_COLLECT };

	if (!job->awake && job->submitted && !job->attempt &&
		!job->cert->account->enroll_immediate && back_off(job))
		return JOB_SLEEPING;
	r.order.id = record_get(&job->sit.order.r, "ssl_id");
	/* whoever asks for it by name may have mended what the validation waits for */
	r.order.recheck = job->run->named && !job->submitted && !job->attempt;
	return job_ask(job, &r, err);
}

static bool judge(struct csr_chain *out, struct job *job, int dir, const struct wire_reply *r,
	struct err *err)
{
	AUTO(buf) struct buf request = BUF(PEM_MAX);
	AUTO(strlist) struct strlist names = { 0 };
	struct csr_der der[WIRE_CHAIN_MAX];
	struct csr_expect expect = { .names = &names,
		.allow_extra_names = job->cert->allow_extra_names,
		.anchors = job->cert->trust_anchors,
		.now = clock_now() };

	if (!fs_read(&request, dir, FILE_REQUEST, err))
		return false;
	/* the names that were asked for: the configuration may have changed since */
	if (!strlist_split(&names, record_get(&job->sit.intent.r, "names"), ' '))
		return err_memory(err);
	for (size_t i = 0; i < r->chain_count; i++)
		der[i] = (struct csr_der) { r->chain[i].data, r->chain[i].len };
	expect.request_pem = request.data;
	expect.request_len = request.len;
	return csr_chain_judge(out, der, r->chain_count, &expect, err);
}

static enum progress issued(struct job *job, const struct wire_reply *r, struct err *err)
{
	AUTO(csr_chain) struct csr_chain chain = { 0 };
	AUTO(fd) int dir = -1;
	struct err trouble = { 0 };

	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err))
		return JOB_FAILED;
	if (!judge(&chain, job, dir, r, err)) {
		err_wrap(err, "the certificate of order %s is not installed",
			record_get(&job->sit.order.r, "ssl_id"));
		if (!store_history(job->run->store, &trouble, job->cert->name, "not-accepted", "%s",
			    err->text))
			*err = trouble;
		return JOB_FAILED;
	}
	if (!install_keep_chain(&chain, dir, err))
		return JOB_FAILED;
	return JOB_NEXT;
}

static bool is_replacing(const struct job *job)
{
	return sequel_of(&job->sit.intent.r).kind == WIRE_REPLACE;
}

static bool key_is(const struct wire_bytes *cert, const char *spki)
{
	const unsigned char *der = cert->data;
	AUTO(x509) X509 *x509 = d2i_X509(NULL, &der, (long)cert->len);
	AUTO(buf) struct buf key = BUF(CSR_SPKI_MAX);
	char digest[CSR_SHA256_HEX];
	struct err ignored = { 0 };

	return x509 && csr_pubkey_spki(&key, X509_get_X509_PUBKEY(x509), &ignored) &&
	       csr_der_fingerprint(digest, key.data, key.len) && !strcmp(digest, spki);
}

/* Until an order's new certificate is there, SCM goes on giving out the one before it. */
static bool is_the_old_one(const struct job *job, const struct wire_reply *r)
{
	const char *old = sequel_of(&job->sit.intent.r).spki;

	if (!is_replacing(job))
		return false;
	for (size_t i = 0; i < r->chain_count; i++)
		if (key_is(&r->chain[i], old))
			return true;
	return false;
}

/* It will never be issued: another try takes another order. */
static enum progress ended(struct job *job, const struct wire_reply *r, struct err *err)
{
	struct wire_reply refused = *r;

	err_set(&refused.err, ERR_REJECTED, "order %s is %s at SCM",
		record_get(&job->sit.order.r, "ssl_id"), r->status);
	return order_failed(job, &refused, ORDER_DEAD, err);
}

/* A replacement that SCM does not issue must not keep the certificate from being renewed. */
static bool is_overdue(const struct job *job)
{
	int64_t now = clock_now();

	return is_replacing(job) && now >= job->verdict.when &&
	       now - record_get_int(&job->sit.order.r, "time", now) > REPLACE_TIME;
}

static enum progress give_up(struct job *job, struct err *err)
{
	const char *id = record_get(&job->sit.order.r, "ssl_id");

	if (!store_history(job->run->store, err, job->cert->name, "not-replaced", "order=%s", id) ||
		!give_up_order(job->run->store, job->cert->name, &job->sit, err))
		return JOB_FAILED;
	log_warning(
		"SCM has not issued the replacement of order %s, and it is time to renew: a new "
		"certificate is ordered",
		id);
	return JOB_NEXT;
}

enum progress collect_on_answer(struct job *job, const struct wire_reply *r, struct err *err)
{
	if (r->err.kind != ERR_NONE)
		return order_failed(job, r, ORDER_ALIVE, err);
	switch (r->order_state) {
	case WIRE_ORDER_ISSUED:
		/* issued, but not collectable yet: the collection lags (scm-api.md 3.4) */
		if (r->chain_count && !is_the_old_one(job, r))
			return issued(job, r, err);
		break;
	case WIRE_ORDER_REPLACED:
		if (is_replacing(job))
			break;
		return ended(job, r, err);
	case WIRE_ORDER_REFUSED:
	case WIRE_ORDER_REVOKED:
	case WIRE_ORDER_EXPIRED:
		return ended(job, r, err);
	default:
		break;
	}
	if (is_overdue(job))
		return give_up(job, err);
	if (back_off(job))
		return JOB_SLEEPING;
	err_set(err, ERR_PENDING, "order %s is not issued yet%s%s%s",
		record_get(&job->sit.order.r, "ssl_id"), *r->status ? " (" : "", r->status,
		*r->status ? ")" : "");
	return JOB_FAILED;
}
