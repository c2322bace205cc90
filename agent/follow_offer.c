#include "agent/follow_offer.h"

#include <string.h>

#include "agent/install.h"
#include "agent/intent.h"
#include "agent/key_file.h"
#include "agent/revocation.h"
#include "base/clock.h"

#define PEM_MAX (1024 * 1024)

enum follow_result follow_rank(
	const struct csr_info *offered, const struct record *meta, bool known, bool useless)
{
	if (!strcmp(offered->fingerprint, record_get(meta, "fingerprint")))
		return FOLLOW_SAME;
	if (known)
		return FOLLOW_OLDER;
	if (useless)
		return FOLLOW_TAKEN;
	return offered->not_before < record_get_int(meta, "not_before", 0) - FOLLOW_BACKDATED
		       ? FOLLOW_OLDER
		       : FOLLOW_TAKEN;
}

/* Whether the archive has it. */
static bool is_known(bool *out, const struct job *job, const char *fingerprint, struct err *err)
{
	AUTO_STR char *id = NULL;

	if (!situation_find_generation(
		    &id, job->run->store, job->cert->name, "fingerprint", fingerprint, err))
		return false;
	*out = id != NULL;
	return true;
}

static bool same_chain(
	bool *out, const struct job *job, const struct csr_chain *chain, struct err *err)
{
	AUTO(buf) struct buf had = BUF(PEM_MAX);
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;

	if (!store_open_archive(&archive, job->run->store, job->cert->name, false, err) ||
		!fs_open_dir(&dir, archive, job->sit.newest, err) ||
		!fs_read(&had, dir, FILE_FULLCHAIN, err))
		return false;
	*out = !strcmp(buf_str(&had), buf_str(&chain->fullchain));
	return true;
}

static enum follow_result compare(
	const struct job *job, const struct csr_chain *chain, bool refresh, struct err *err)
{
	const struct record *meta = &job->sit.newest_meta.r;
	bool expired = record_get_int(meta, "not_after", 0) <= clock_now();
	enum follow_result rank;
	bool known;
	bool same = true;

	if (!job->sit.newest)
		return FOLLOW_TAKEN;
	if (!is_known(&known, job, chain->info.fingerprint, err))
		return FOLLOW_FAILED;
	rank = follow_rank(&chain->info, meta, known, job->sit.lost || expired);
	if (rank != FOLLOW_SAME || !refresh || job->sit.lost)
		return rank;
	if (!same_chain(&same, job, chain, err))
		return FOLLOW_FAILED;
	return same && !renew_changed(job->cert, meta) ? FOLLOW_SAME : FOLLOW_TAKEN;
}

static bool judge(struct csr_chain *out, struct job *job, const struct follow_offer *o,
	const struct buf *request, struct err *err)
{
	struct csr_expect expect = { .request_pem = buf_str(request),
		.request_len = request->len,
		.names = &job->cert->names,
		.allow_extra_names = job->cert->allow_extra_names,
		.anchors = job->cert->trust_anchors,
		.now = clock_now() };
	AUTO(csr_chain) struct csr_chain chain = { 0 };
	bool burnt;

	if (!csr_check_key(o->key, err) || !csr_chain_judge(&chain, o->der, o->n, &expect, err) ||
		!revocation_is_burnt(&burnt, job->run->store, chain.info.spki, err))
		return false;
	if (burnt)
		return err_set(err, ERR_KEYSTORE,
			"the key is compromised, it is never deployed again; its leader needs "
			"another one");
	*out = chain;
	chain = (struct csr_chain) { 0 };
	return true;
}

static bool write_intent(struct job *job, EVP_PKEY *key, int dir, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	enum ks_key_type type;
	struct key_plan plan = { .origin = KEY_ADOPTED, .made = clock_now() };

	return ks_id_make(&plan.id, err) && intent_compose(&r, job->cert, &plan, err) &&
	       (!ks_key_type_of(&type, key) ||
		       record_set(&r, "key_type", ks_key_type_name(type), err)) &&
	       record_set_int(&r, "adopted", 1, err) &&
	       record_write(&r, dir, FILE_INTENT, FS_ATTR(0600), err);
}

static bool write_order(const struct job *job, const char *id, int dir, struct err *err)
{
	AUTO(record) struct record r = { 0 };

	return !*id || (record_set(&r, "ssl_id", id, err) &&
			       record_set(&r, "account", job->cert->account_name, err) &&
			       record_set_int(&r, "time", clock_now(), err) &&
			       record_write(&r, dir, FILE_ORDER, FS_ATTR(0600), err));
}

static bool fill(struct job *job, const struct follow_offer *o, const struct buf *request,
	const struct csr_chain *chain, struct err *err)
{
	AUTO(fd) int dir = -1;

	return store_begin_aside(&dir, job->run->store, job->cert->name, err) &&
	       write_intent(job, o->key, dir, err) && key_file_write(o->key, dir, FILE_KEY, err) &&
	       fs_write(dir, FILE_REQUEST, request->data, request->len, FS_ATTR(0600), err) &&
	       write_order(job, o->order, dir, err) && install_keep_chain(chain, dir, err);
}

static bool take(struct job *job, const struct follow_offer *o, const struct buf *request,
	const struct csr_chain *chain, struct err *err)
{
	struct store *store = job->run->store;
	const char *name = job->cert->name;

	if (!job_begin(job, err))
		return false;
	if (!fill(job, o, request, chain, err)) {
		store_drop_aside(store, name);
		return false;
	}
	return store_history(store, err, name, "followed", "serial=%s%s%s", chain->info.serial,
		       *o->order ? " order=" : "", o->order) &&
	       store_complete_aside(store, name, err);
}

enum follow_result follow_consider(
	struct job *job, const struct follow_offer *offer, struct err *err)
{
	struct csr_subject subject = conf_subject(job->cert);
	AUTO(csr_chain) struct csr_chain chain = { 0 };
	AUTO(buf) struct buf request = BUF(PEM_MAX);
	enum follow_result result;

	/* what the gate compares with, and every generation has: it is signed, but never sent */
	if (!csr_build(&request, offer->key, &subject, &job->cert->names, err) ||
		!judge(&chain, job, offer, &request, err))
		return FOLLOW_UNFIT;
	result = compare(job, &chain, offer->refresh, err);
	if (result != FOLLOW_TAKEN)
		return result;
	return take(job, offer, &request, &chain, err) ? FOLLOW_TAKEN : FOLLOW_FAILED;
}
