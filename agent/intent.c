#include "agent/intent.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "agent/fuse.h"
#include "agent/hooks.h"
#include "agent/key_plan.h"
#include "agent/key_take.h"
#include "agent/sequel.h"
#include "agent/targets.h"
#include "base/clock.h"
#include "csr/anchors.h"
#include "csr/csr.h"
#include "csr/name.h"

#define SPACE_NEEDED (1024 * 1024)
#define PEM_MAX (128 * 1024)

static bool random_hex(struct buf *out, struct err *err)
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_errno(err, ERR_INTERNAL, "random bytes");
	buf_add_hex(out, bytes, sizeof(bytes));
	return buf_check(out, "tag", err);
}

bool intent_compose(
	struct record *r, const struct conf_cert *cert, const struct key_plan *key, struct err *err)
{
	AUTO(buf) struct buf tag = BUF(64);
	char label[KS_LABEL_MAX];

	snprintf(label, sizeof(label), INTENT_KEY_LABEL "%s", cert->name);
	return random_hex(&tag, err) && record_set(r, "tag", buf_str(&tag), err) &&
	       key_plan_write(r, key, err) && record_set(r, "label", label, err) &&
	       record_set(r, "common_name", csr_name_value(cert->names.item[0]), err) &&
	       record_set_int(r, "created", clock_now(), err) && renew_describe(r, cert, err);
}

static bool write_intent(struct job *job, int dir, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	struct key_plan key;

	return key_plan_decide(&key, job, err) && intent_compose(&r, job->cert, &key, err) &&
	       sequel_decide(&r, job, err) &&
	       record_write(&r, dir, FILE_INTENT, FS_ATTR(0600), err);
}

static bool key_ref(struct ks_ref *out, const struct record *r, int dir, struct err *err)
{
	*out = (struct ks_ref) { .dir = dir, .file = FILE_KEY, .label = record_get(r, "label") };
	if (ks_id_parse(&out->id, record_get(r, "key_id")))
		return true;
	return err_set(err, ERR_IO, "key_id in a state file is no identifier of ours");
}

bool intent_find_key(struct ks **ks, struct ks_ref *ref, struct run *run, const struct record *r,
	int dir, struct err *err)
{
	return key_ref(ref, r, dir, err) &&
	       keyring_open_named(ks, run->keys, record_get(r, "key_store"), err);
}

bool intent_load_key(
	EVP_PKEY **out, struct run *run, const struct record *r, int dir, struct err *err)
{
	struct ks_ref ref;
	struct ks *ks;

	return intent_find_key(&ks, &ref, run, r, dir, err) && ks_load(out, ks, &ref, err);
}

static bool write_key_uri(struct ks *ks, const struct ks_ref *ref, int dir, struct err *err)
{
	AUTO(buf) struct buf uri = BUF(4096);

	if (!ks_uri(&uri, ks, ref, err) || !buf_check(&uri, "key URI", err))
		return false;
	return !uri.len || fs_write(dir, FILE_KEY_URI, uri.data, uri.len, FS_ATTR(0644), err);
}

bool intent_write_key_uri(struct run *run, const struct record *r, int dir, struct err *err)
{
	struct ks_ref ref;
	struct ks *ks;

	return intent_find_key(&ks, &ref, run, r, dir, err) && write_key_uri(ks, &ref, dir, err);
}

/* What an answer will be judged by must be there before money is spent. */
static bool check_anchors(const struct conf_cert *cert, struct err *err)
{
	AUTO(x509_store) X509_STORE *anchors = NULL;

	return !cert->trust_anchors || csr_anchors_load(&anchors, cert->trust_anchors, err);
}

enum progress intent_step_key(struct job *job, struct err *err)
{
	AUTO(record) struct record intent = { 0 };
	AUTO(fd) int dir = -1;
	struct ks *ks;
	bool found;

	/* a token that is missing, or a full disk, is found out before anything is begun */
	if (!keyring_open(&ks, job->run->keys, job->cert->token, err) ||
		!fs_check_space(job->run->store->root, SPACE_NEEDED, err) ||
		!fuse_check(job, err) || !check_anchors(job->cert, err) ||
		!hooks_check(job->cert, err) || !targets_check(job->run->conf, job->cert, err) ||
		!job_begin(job, err))
		return JOB_FAILED;
	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err))
		return JOB_FAILED;
	if (!job->sit.intent.found && !write_intent(job, dir, err))
		return JOB_FAILED;
	job->force = false;
	if (!record_read(&intent, &found, dir, FILE_INTENT, err))
		return JOB_FAILED;
	if (!found || !key_take(job, &intent, dir, err))
		return JOB_FAILED;
	return JOB_NEXT;
}

enum progress intent_step_request(struct job *job, struct err *err)
{
	AUTO(fd) int dir = -1;
	AUTO(buf) struct buf pem = BUF(PEM_MAX);
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct csr_subject subject = conf_subject(job->cert);

	if (!store_open_pending(&dir, job->run->store, job->cert->name, true, err) ||
		!intent_load_key(&key, job->run, &job->sit.intent.r, dir, err) ||
		!csr_check_key(key, err) || !csr_build(&pem, key, &subject, &job->cert->names, err))
		return JOB_FAILED;
	if (!fs_write(dir, FILE_REQUEST, pem.data, pem.len, FS_ATTR(0600), err))
		return JOB_FAILED;
	return JOB_NEXT;
}
