#include "agent/follow_scm.h"

#include <string.h>

#include "agent/order.h"
#include "agent/retry.h"
#include "base/clock.h"
#include "base/log.h"

#define ASK_PAUSE 21600
#define ASK_PAUSE_URGENT 1800
#define ALL_ORDERS "0" /* younger than which are all of them */

bool follow_may_ask(const struct follow_look *l, bool needed)
{
	const struct job *job = l->job;
	const struct conf_account *a = job->cert->account;
	int64_t now = clock_now();
	int64_t pause = retry_urgent(job, now) ? ASK_PAUSE_URGENT : ASK_PAUSE;

	if (!a || a->api != CONF_ADMIN || job->asked_scm)
		return false;
	return needed || job->run->named || job->force ||
	       strcmp(l->note.file, l->file.digest) != 0 || now - l->note.asked >= pause ||
	       l->note.asked > now;
}

enum progress follow_ask(struct follow_look *l, bool settled, struct err *err)
{
	struct wire_request r = { .op = WIRE_FIND };
	char digest[CSR_SHA256_HEX];

	/* first of all: what fails from here on is not tried again at once */
	l->note.asked = clock_now();
	l->job->asked_scm = true;
	if (!follow_remember(l, settled, l->note.trouble, err) ||
		!csr_key_fingerprint(digest, l->offered.key, err))
		return JOB_FAILED;
	r.find = (struct wire_find) { .kind = WIRE_RENEW,
		.common_name = l->job->cert->common_name,
		.tag = "",
		.order = ALL_ORDERS,
		.spki = digest };
	return job_ask(l->job, &r, err);
}

/* A question that was asked in case there is something newer may wait for its answer. */
static bool can_wait(const struct follow_look *l, enum follow_result file, const struct err *why)
{
	return file != FOLLOW_UNFIT && why->kind == ERR_UNAVAILABLE &&
	       !retry_urgent(l->job, clock_now()) && !l->job->sit.lost;
}

enum follow_result follow_unanswered(
	struct follow_look *l, enum follow_result file, const struct err *why, struct err *err)
{
	if (can_wait(l, file, why)) {
		log_debug("%s", why->text);
		return file;
	}
	*err = *why;
	err_wrap(err, "asking SCM for the newest certificate of the key");
	return FOLLOW_UNFIT;
}

enum follow_result follow_weigh_answer(
	struct follow_look *l, enum follow_result file, const struct wire_reply *r, struct err *err)
{
	const struct record *meta = &l->job->sit.newest_meta.r;
	struct follow_offer offer = { .key = l->offered.key,
		.order = r->order,
		.refresh = renew_changed(l->job->cert, meta) };
	struct csr_der der[WIRE_CHAIN_MAX];
	struct err why = { 0 };
	enum follow_result result;

	if (r->err.kind != ERR_NONE) {
		order_failed(l->job, r, ORDER_OPEN, &why);
		return follow_unanswered(l, file, &why, err);
	}
	for (size_t i = 0; i < r->chain_count; i++)
		der[i] = (struct csr_der) { r->chain[i].data, r->chain[i].len };
	offer.der = der;
	offer.n = r->chain_count;
	if (!offer.n)
		return file;
	result = follow_consider(l->job, &offer, &why);
	if (result == FOLLOW_OLDER)
		return file;
	if (result == FOLLOW_UNFIT)
		err_wrap(&why, "the certificate of order %s is not taken", r->order);
	*err = why;
	return result;
}
