#include "agent/hold.h"

#include <inttypes.h>
#include <string.h>

#include "agent/give_up.h"
#include "base/clock.h"

/* What SCM's refusal was about: when this changes, an order is worth another try. */
static bool order_digest(
	char out[static CSR_SHA256_HEX], const struct conf_cert *c, struct err *err)
{
	AUTO(buf) struct buf text = BUF(RECORD_MAX);
	AUTO(record) struct record r = { 0 };

	if (!renew_describe(&r, c, err))
		return false;
	strlist_join(&text, &r.values, "\n");
	buf_addf(&text, "\n%d %s %s %s %" PRIu64 " %" PRIu64 " %s\n", c->renew_with,
		c->account->url, c->account->customer_uri ? c->account->customer_uri : "",
		c->account->login, c->account->organization_id, c->term,
		c->comments ? c->comments : "");
	buf_addf(
		&text, "%s %s\n", c->dcv_mode ? c->dcv_mode : "", c->dcv_email ? c->dcv_email : "");
	strlist_join(&text, &c->external_requesters, ",");
	strlist_join(&text, &c->field_names, ",");
	strlist_join(&text, &c->field_values, ",");
	if (!buf_check(&text, "order", err))
		return false;
	return csr_der_fingerprint(out, text.data, text.len) || err_memory(err);
}

bool hold_set(struct job *job, const struct err *why, bool dead, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;
	char digest[CSR_SHA256_HEX];

	return order_digest(digest, job->cert, err) &&
	       record_set_int(&r, "time", clock_now(), err) &&
	       record_set(&r, "digest", digest, err) && record_set(&r, "reason", why->text, err) &&
	       record_set_int(&r, "dead", dead, err) &&
	       store_open_pending(&dir, job->run->store, job->cert->name, true, err) &&
	       record_write(&r, dir, FILE_HELD, FS_ATTR(0600), err) &&
	       store_history(job->run->store, err, job->cert->name, "held", "%s", why->text);
}

enum progress hold_step(struct job *job, struct err *err)
{
	char since[CLOCK_TEXT_MAX];

	err_set(err, ERR_REJECTED,
		"held since %s: %s; correct the configuration, or clear the cause at SCM and run "
		"scm-agent "
		"reset %s",
		clock_format(since, record_get_int(&job->sit.held.r, "time", 0)),
		record_get(&job->sit.held.r, "reason"), job->cert->name);
	return JOB_FAILED;
}

bool hold_release(struct store *store, const struct situation *s, const char *name, struct err *err)
{
	AUTO(fd) int dir = -1;
	bool known = s->order.found || s->submitting.found;

	if (!known)
		return give_up_work(store, name, s, err);
	if (record_get_int(&s->held.r, "dead", 0))
		return give_up_order(store, name, s, err);
	return store_open_pending(&dir, store, name, true, err) && fs_remove(dir, FILE_HELD, err);
}

bool hold_outlived(bool *out, const struct job *job, struct err *err)
{
	char digest[CSR_SHA256_HEX];

	*out = false;
	if (!job->sit.held.found || job->cert->follow.path)
		return true;
	if (!order_digest(digest, job->cert, err))
		return false;
	*out = strcmp(digest, record_get(&job->sit.held.r, "digest")) != 0;
	return true;
}
