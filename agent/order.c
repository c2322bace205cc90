#include "agent/order.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "agent/refusal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ossl.h"
#include "base/parse.h"
#include "csr/chain.h"
#include "csr/csr.h"
#include "csr/name.h"

#define TAG_PREFIX "scm-agent:"
#define SPACE_NEEDED (1024 * 1024)
#define FUSE_ORDERS 3
#define FUSE_WINDOW 86400
#define CLEAN_SEARCHES 3
#define PEM_MAX (128 * 1024)

static bool random_hex(struct buf *out, struct err *err)
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_errno(err, ERR_INTERNAL, "random bytes");
	buf_add_hex(out, bytes, sizeof(bytes));
	return buf_check(out, "tag", err);
}

/* An event that stands for an order, or for one that may exist. */
static bool is_order(const char *event)
{
	static const char *const events[] = { "ordered ", "adopted ", "possible-orphan " };

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (!strncmp(event, events[i], strlen(events[i])))
			return true;
	return false;
}

/* Orders of the last day, and when the oldest that counts was made. */
static unsigned recent_orders(const char *history, const char *name, int64_t now, int64_t *oldest)
{
	size_t name_len = strlen(name);
	unsigned n = 0;

	for (const char *line = history; *line;
		line += strcspn(line, "\n"), line += *line == '\n') {
		char time[CLOCK_TEXT_MAX];
		size_t len = strcspn(line, " \n");
		const char *rest = line + len;
		int64_t at;

		if (len >= sizeof(time) || *rest != ' ' || strncmp(rest + 1, name, name_len) ||
			rest[1 + name_len] != ' ' || !is_order(rest + name_len + 2))
			continue;
		memcpy(time, line, len);
		time[len] = '\0';
		if (!clock_parse(&at, time) || now - at >= FUSE_WINDOW)
			continue;
		if (!n++)
			*oldest = at;
	}
	return n;
}

/* A fuse against our own mistakes and everybody else's: orders cost money and run into limits. */
static bool check_fuse(struct job *job, struct err *err)
{
	AUTO(buf) struct buf history = { 0 };
	char text[CLOCK_TEXT_MAX];
	int64_t now = clock_now();
	int64_t oldest = now;

	if (!store_read_history(&history, job->run->store, err))
		return false;
	if (recent_orders(buf_str(&history), job->cert->name, now, &oldest) < FUSE_ORDERS)
		return true;
	return err_set(err, ERR_REJECTED,
		"%d orders within a day, no more are made until %s; find out why they were needed",
		FUSE_ORDERS, clock_format(text, oldest + FUSE_WINDOW));
}

static bool write_intent(struct job *job, int dir, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(buf) struct buf tag = BUF(64);
	AUTO(buf) struct buf id = BUF(64);
	char label[KS_LABEL_MAX];

	snprintf(label, sizeof(label), ORDER_KEY_LABEL "%s", job->cert->name);
	if (!random_hex(&tag, err) || !random_hex(&id, err) ||
		!record_set(&r, "tag", buf_str(&tag), err) ||
		!record_set(&r, "key_id", buf_str(&id), err) ||
		!record_set(&r, "label", label, err) ||
		!record_set(&r, "common_name", job->cert->common_name, err) ||
		!record_set_int(&r, "created", clock_now(), err) ||
		!renew_describe(&r, job->cert, err))
		return false;
	return record_write(&r, dir, FILE_INTENT, FS_ATTR(0600), err);
}

bool order_key_ref(struct ks_ref *out, const struct record *r, int dir, struct err *err)
{
	*out = (struct ks_ref) { .dir = dir, .file = FILE_KEY, .label = record_get(r, "label") };
	if (parse_hex(out->id, sizeof(out->id), record_get(r, "key_id")))
		return true;
	return err_set(err, ERR_IO, "key_id in a state file is no identifier of ours");
}

bool order_find_key(struct ks **ks, struct ks_ref *ref, struct run *run, const struct record *r,
	int dir, struct err *err)
{
	return order_key_ref(ref, r, dir, err) &&
	       keyring_open_named(ks, run->keys, record_get(r, "key_store"), err);
}

bool order_load_key(
	EVP_PKEY **out, struct run *run, const struct record *r, int dir, struct err *err)
{
	struct ks_ref ref;
	struct ks *ks;

	return order_find_key(&ks, &ref, run, r, dir, err) && ks_load(out, ks, &ref, err);
}

/* The token's key leaves this trace beside the intent; a key in a file is its own. */
static bool write_key_uri(struct ks *ks, const struct ks_ref *ref, int dir, struct err *err)
{
	AUTO(buf) struct buf uri = BUF(4096);

	if (!ks_uri(&uri, ks, ref, err) || !buf_check(&uri, "key URI", err))
		return false;
	return !uri.len || fs_write(dir, FILE_KEY_URI, uri.data, uri.len, FS_ATTR(0644), err);
}

static bool make_key(struct job *job, int dir, const struct record *intent, struct err *err)
{
	struct ks_ref ref;
	struct ks *ks;
	bool found;

	if (!order_find_key(&ks, &ref, job->run, intent, dir, err) ||
		!ks_find(&found, ks, &ref, err))
		return false;
	if (!found) {
		log_progress("%s: making a key (%s)", job->cert->name,
			ks_key_type_name(job->cert->key_type));
		if (!ks_generate(ks, &ref, job->cert->key_type, err))
			return false;
	}
	return write_key_uri(ks, &ref, dir, err);
}

enum progress order_step_key(struct job *job, struct err *err)
{
	AUTO(record) struct record intent = { 0 };
	AUTO(fd) int dir = -1;
	struct ks *ks;
	bool found;

	/* a token that is missing, or a full disk, is found out before anything is begun */
	if (!keyring_open(&ks, job->run->keys, job->cert->token, err) ||
		!fs_check_space(job->run->store->root, SPACE_NEEDED, err) ||
		!check_fuse(job, err) || !job_begin(job, err))
		return JOB_FAILED;
	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!fs_clean_temp(dir, err))
		return JOB_FAILED;
	if (!job->sit.intent.found && !write_intent(job, dir, err))
		return JOB_FAILED;
	job->force = false;
	if (!record_read(&intent, &found, dir, FILE_INTENT, err))
		return JOB_FAILED;
	if (!found || !make_key(job, dir, &intent, err))
		return JOB_FAILED;
	return JOB_NEXT;
}

enum progress order_step_request(struct job *job, struct err *err)
{
	AUTO(fd) int dir = -1;
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct csr_subject subject = conf_subject(job->cert);

	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!order_load_key(&key, job->run, &job->sit.intent.r, dir, err) ||
		!csr_check_key(key, err) || !csr_build(&pem, key, &subject, &job->cert->names, err))
		return JOB_FAILED;
	if (!fs_write(dir, FILE_REQUEST, pem.data, pem.len, FS_ATTR(0600), err))
		return JOB_FAILED;
	return JOB_NEXT;
}

static bool write_submitting(int dir, int64_t attempt, struct err *err)
{
	AUTO(record) struct record r = { 0 };

	return record_set_int(&r, "attempt", attempt, err) &&
	       record_set_int(&r, "time", clock_now(), err) &&
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
	for (size_t i = 0; i < cert->field_names.n && i < WIRE_FIELDS_MAX; i++)
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
	AUTO(fd) int dir = -1;
	struct wire_request r = { .op = WIRE_SUBMIT };
	struct fetcher *fetcher;

	/* the fetcher first: a credential that does not work is no reason to announce an order */
	if (!net_account(&fetcher, job->run->net, cert->account, err) || !check_fuse(job, err) ||
		!store_open_pending(&dir, job->run->store, cert->name, true, err) ||
		!fs_read(&pem, dir, FILE_REQUEST, err))
		return JOB_FAILED;
	csr_names_bare(&names, &cert->names);
	add_comments(&comments, cert, tag);
	strlist_join(&requesters, &cert->external_requesters, ",");
	r.submit = (struct wire_submit) { .org_id = cert->account->organization_id,
		.profile = cert->profile,
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
		!write_submitting(
			dir, record_get_int(&job->sit.submitting.r, "attempt", 0) + 1, err))
		return JOB_FAILED;
	log_progress("%s: ordering", cert->name);
	return job_ask(job, &r, err);
}

static bool write_order(struct job *job, uint64_t ssl_id, const char *event, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;

	if (!record_set_int(&r, "ssl_id", (int64_t)ssl_id, err) ||
		!record_set(&r, "account", record_get(&job->sit.intent.r, "account"), err) ||
		!record_set_int(&r, "time", clock_now(), err) ||
		!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!record_write(&r, dir, FILE_ORDER, FS_ATTR(0600), err) ||
		!store_history(
			job->run->store, err, job->cert->name, event, "order=%" PRIu64, ssl_id))
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

/* What an answer that is a failure means for later runs; `err` is set to the failure. */
static enum progress failed(struct job *job, const struct wire_reply *r, struct err *err)
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
	if (why.kind == ERR_REJECTED && !job_hold(job, &why, &trouble))
		*err = trouble;
	return JOB_FAILED;
}

enum progress order_on_submit(struct job *job, const struct wire_reply *r, struct err *err)
{
	if (r->err.kind == ERR_NONE) {
		if (!write_order(job, r->ssl_id, "ordered", err))
			return JOB_FAILED;
		job->submitted = true;
		log_info("ordered from SCM, order %" PRIu64, r->ssl_id);
		return JOB_NEXT;
	}
	if (r->unsent || r->refused) {
		if (!withdraw(job, err))
			return JOB_FAILED;
		return failed(job, r, err);
	}
	*err = r->err;
	job->retry_after = r->retry_after;
	err_wrap(err, "the answer to the order was lost; the next run looks for it at SCM");
	return JOB_FAILED;
}

enum progress order_step_find(struct job *job, struct err *err)
{
	struct wire_request r = { .op = WIRE_FIND };

	r.find = (struct wire_find) { .common_name = record_get(&job->sit.intent.r, "common_name"),
		.tag = record_get(&job->sit.intent.r, "tag") };
	log_progress("%s: looking for the order at SCM", job->cert->name);
	return job_ask(job, &r, err);
}

/* One more search that found nothing. The order may only be slow to appear: three, over a while. */
static enum progress not_found(struct job *job, struct err *err)
{
	const struct record *old = &job->sit.submitting.r;
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;
	int64_t since = record_get_int(old, "time", clock_now());
	int64_t searches = record_get_int(old, "searches", 0) + 1;

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
	if (!record_set_int(&r, "attempt", record_get_int(old, "attempt", 1), err) ||
		!record_set_int(&r, "time", since, err) ||
		!record_set_int(&r, "searches", searches, err) ||
		!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!record_write(&r, dir, FILE_SUBMITTING, FS_ATTR(0600), err))
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
		return failed(job, r, err);
	if (!r->ssl_id)
		return not_found(job, err);
	if (!write_order(job, r->ssl_id, "adopted", err))
		return JOB_FAILED;
	log_info("found the order at SCM, order %" PRIu64, r->ssl_id);
	return JOB_NEXT;
}

static int64_t power(uint64_t base, unsigned exponent, uint64_t most)
{
	uint64_t value = 1;

	while (exponent-- && value < most)
		value *= base;
	return (int64_t)(value < most ? value : most);
}

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
	seconds = power(a->back_off_timer, job->attempt, a->max_back_off_timer);
	log_progress("%s: waiting for SCM to issue, next look in %" PRId64 " s", job->cert->name,
		seconds);
	job_sleep(job, seconds);
	return true;
}

enum progress order_step_collect(struct job *job, struct err *err)
{
	struct wire_request r = { .op = WIRE_COLLECT };

	if (!job->awake && job->submitted && !job->attempt &&
		!job->cert->account->enroll_immediate && back_off(job))
		return JOB_SLEEPING;
	r.order.ssl_id = (uint64_t)record_get_int(&job->sit.order.r, "ssl_id", 0);
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

/* chain.pem last: it is the evidence that all of it is there and was found good. */
static bool keep_chain(const struct csr_chain *c, int dir, struct err *err)
{
	return fs_write(dir, FILE_CERT, c->cert.data, c->cert.len, FS_ATTR(0644), err) &&
	       fs_write(dir, FILE_FULLCHAIN, c->fullchain.data, c->fullchain.len, FS_ATTR(0644),
		       err) &&
	       fs_write(dir, FILE_CHAIN, buf_str(&c->chain), c->chain.len, FS_ATTR(0644), err);
}

static enum progress issued(struct job *job, const struct wire_reply *r, struct err *err)
{
	AUTO(csr_chain) struct csr_chain chain = { 0 };
	AUTO(fd) int dir = -1;
	struct err trouble = { 0 };

	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err))
		return JOB_FAILED;
	if (!judge(&chain, job, dir, r, err)) {
		err_wrap(err, "the certificate of order %" PRIu64 " is not installed",
			(uint64_t)record_get_int(&job->sit.order.r, "ssl_id", 0));
		if (!store_history(job->run->store, &trouble, job->cert->name, "not-accepted", "%s",
			    err->text))
			*err = trouble;
		return JOB_FAILED;
	}
	if (!keep_chain(&chain, dir, err))
		return JOB_FAILED;
	return JOB_NEXT;
}

enum progress order_on_collect(struct job *job, const struct wire_reply *r, struct err *err)
{
	struct wire_reply refused = *r;

	if (r->err.kind != ERR_NONE)
		return failed(job, r, err);
	switch (r->order_state) {
	case WIRE_ORDER_ISSUED:
		/* issued, but not collectable yet: the collection lags (scm-api.md 3.4) */
		if (r->chain_count)
			return issued(job, r, err);
		break;
	case WIRE_ORDER_REFUSED:
	case WIRE_ORDER_REVOKED:
	case WIRE_ORDER_EXPIRED:
	case WIRE_ORDER_REPLACED:
		err_set(&refused.err, ERR_REJECTED, "order %" PRId64 " is %s at SCM",
			record_get_int(&job->sit.order.r, "ssl_id", 0), r->status);
		return failed(job, &refused, err);
	default:
		break;
	}
	if (back_off(job))
		return JOB_SLEEPING;
	err_set(err, ERR_PENDING, "order %" PRId64 " is not issued yet%s%s%s",
		record_get_int(&job->sit.order.r, "ssl_id", 0), *r->status ? " (" : "", r->status,
		*r->status ? ")" : "");
	return JOB_FAILED;
}
