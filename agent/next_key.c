#include "agent/next_key.h"

#include <stdio.h>
#include <string.h>

#include "agent/intent.h"
#include "agent/key_given.h"
#include "agent/key_ids.h"
#include "agent/key_make.h"
#include "agent/key_plan.h"
#include "agent/revocation.h"
#include "base/clock.h"
#include "base/log.h"

#define KEY_PEM_MAX 65536

/* What the two records have in common. */
static const char *const kept[] = { "key_id", "label", "key_type", "key_store", "key_made" };

static bool copy_kept(struct record *out, const struct record *from, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!record_set(out, kept[i], record_get(from, kept[i]), err))
			return false;
	return true;
}

/* The newest generation has it, or the order in work: a crash came before it was removed here. */
static bool is_taken(const struct record *r, const struct situation *s)
{
	const char *id = record_get(r, "key_id");

	return (s->newest && !strcmp(id, record_get(&s->newest_meta.r, "key_id"))) ||
	       (s->intent.found && !strcmp(id, record_get(&s->intent.r, "key_id")));
}

static bool is_fit(bool *out, struct store *store, const struct conf_cert *cert,
	const struct situation *s, const struct record *r, struct err *err)
{
	bool burnt;

	if (!revocation_is_burnt(&burnt, store, record_get(r, "spki"), err))
		return false;
	*out = cert->next_key && !renew_key_changed(cert, r) && !is_taken(r, s) && !burnt;
	return true;
}

bool next_key_read(bool *found, struct record *meta, struct store *store,
	const struct conf_cert *cert, const struct situation *s, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;

	*found = false;
	if (!store_open_next(&dir, store, cert->name, false, err) ||
		!record_read(&r, found, dir, FILE_META, err) ||
		(*found && !is_fit(found, store, cert, s, &r, err)))
		return err_wrap(err, "next/%s", cert->name);
	if (!*found)
		return true;
	*meta = r;
	r = (struct record) { 0 };
	return true;
}

/* One in a token goes, too, unless something else names it; what can't be reached stays there. */
static bool delete_key(struct run *run, const struct record *r, int dir, struct err *err)
{
	struct err why = { 0 };
	bool given = false;
	struct ks_ref ref;
	struct ks *ks;
	bool last;

	if (!*record_get(r, "key_store"))
		return true;
	if (!key_ids_last(&last, run->store, record_get(r, "key_id"), err))
		return false;
	if (last && (!key_given(&given, run, r, &why) ||
			    (!given && (!intent_find_key(&ks, &ref, run, r, dir, &why) ||
					       !ks_delete(ks, &ref, &why)))))
		log_warning("the key made ahead stays in its token, where scm-agent key prune "
			    "finds it: %s",
			why.text);
	return true;
}

static bool drop(
	struct run *run, const char *name, const struct record *r, int dir, struct err *err)
{
	return delete_key(run, r, dir, err) && fs_remove_tree(run->store->next, name, err) &&
	       store_history(
		       run->store, err, name, "next-key-dropped", "id=%s", record_get(r, "key_id"));
}

/* What is there, complete or not; `*found` only for what may stay. */
static bool clear(bool *found, struct record *r, struct job *job, struct err *err)
{
	struct store *store = job->run->store;
	AUTO(fd) int dir = -1;

	*found = false;
	if (!store_open_next(&dir, store, job->cert->name, false, err))
		return false;
	if (dir < 0)
		return true;
	if (!record_read(r, found, dir, fs_exists(dir, FILE_META) ? FILE_META : FILE_INTENT, err))
		return false;
	if (!*found)
		return true;
	if (!is_fit(found, store, job->cert, &job->sit, r, err))
		return false;
	return *found || drop(job->run, job->cert->name, r, dir, err);
}

static bool begin(struct record *out, const struct conf_cert *cert, int dir, struct err *err)
{
	char label[KS_LABEL_MAX];
	char text[KS_ID_HEX];
	struct ks_id id;

	snprintf(label, sizeof(label), INTENT_KEY_LABEL "%s", cert->name);
	return ks_id_make(&id, err) && record_set(out, "key_id", ks_id_format(text, &id), err) &&
	       record_set(out, "label", label, err) &&
	       record_set(out, "key_type", ks_key_type_name(cert->key_type), err) &&
	       record_set(out, "key_store", cert->token ? cert->key_store : "", err) &&
	       record_set_int(out, "key_made", clock_now(), err) &&
	       record_write(out, dir, FILE_INTENT, FS_ATTR(0600), err);
}

/* The evidence that it is there, from its own public half. */
static bool complete(struct run *run, const struct record *r, int dir, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(pkey) EVP_PKEY *key = NULL;
	char spki[CSR_SHA256_HEX];

	return intent_load_key(&key, run, r, dir, err) && csr_check_key(key, err) &&
	       csr_key_fingerprint(spki, key, err) && copy_kept(&meta, r, err) &&
	       record_set(&meta, "spki", spki, err) &&
	       record_write(&meta, dir, FILE_META, FS_ATTR(0600), err);
}

static bool stage(struct job *job, const struct record *begun, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	AUTO(record) struct record own = { 0 };
	const struct record *r = begun ? begun : &own;
	AUTO(fd) int dir = -1;

	return store_open_next(&dir, job->run->store, cert->name, true, err) &&
	       (begun || begin(&own, cert, dir, err)) &&
	       key_make(job->run, cert->name, r, dir, err) && complete(job->run, r, dir, err) &&
	       store_history(job->run->store, err, cert->name, "next-key", "id=%s",
		       record_get(r, "key_id"));
}

bool next_key_drop(struct job *job, const struct record *meta, struct err *err)
{
	AUTO(fd) int dir = -1;

	return store_open_next(&dir, job->run->store, job->cert->name, false, err) &&
	       drop(job->run, job->cert->name, meta, dir, err);
}

bool next_key_settle(struct job *job, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	bool found;

	/* its own key is the next one */
	if (job->sit.intent.found)
		return true;
	if (!clear(&found, &r, job, err))
		return err_wrap(err, "next/%s", job->cert->name);
	if (!job->cert->next_key || (found && *record_get(&r, "spki")))
		return true;
	return stage(job, found ? &r : NULL, err) ||
	       err_wrap(err, "the key of the next certificate");
}

static bool move_file(struct job *job, int dir, struct err *err)
{
	AUTO(fd) int next = -1;

	if (!store_open_next(&next, job->run->store, job->cert->name, false, err))
		return false;
	if (next < 0 || !fs_exists(next, FILE_KEY))
		return err_set(err, ERR_IO,
			"the key that was made ahead is gone; scm-agent reset %s --abandon begins "
			"anew",
			job->cert->name);
	return fs_move(next, FILE_KEY, dir, FILE_KEY, err);
}

bool next_key_take(struct job *job, const struct record *intent, int dir, struct err *err)
{
	bool in_token = *record_get(intent, "key_store");

	return (in_token ? intent_write_key_uri(job->run, intent, dir, err)
			 : move_file(job, dir, err)) &&
	       fs_remove_tree(job->run->store->next, job->cert->name, err);
}

/* A copy: a crash before pending/NAME has gone leaves that whole. */
static bool copy_file(int from, int to, const char *name, struct err *err)
{
	AUTO(buf_secret) struct buf data = BUF(KEY_PEM_MAX);
	bool found;

	return fs_read_optional(&data, &found, from, name, err) &&
	       (!found || fs_write(to, name, data.data, data.len, FS_ATTR(0600), err));
}

bool next_key_return(
	struct store *store, const char *name, const struct situation *s, struct err *err)
{
	const struct record *intent = &s->intent.r;
	AUTO(record) struct record r = { 0 };
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int pending = -1;
	AUTO(fd) int dir = -1;

	if (!s->intent.found || !s->key || key_plan_origin(intent) != KEY_STAGED)
		return true;
	return store_open_pending(&pending, store, name, false, err) &&
	       fs_remove_tree(store->next, name, err) &&
	       store_open_next(&dir, store, name, true, err) && copy_kept(&r, intent, err) &&
	       record_write(&r, dir, FILE_INTENT, FS_ATTR(0600), err) &&
	       copy_file(pending, dir, FILE_KEY, err) &&
	       copy_file(pending, dir, FILE_KEY_URI, err) && copy_kept(&meta, intent, err) &&
	       record_set(&meta, "spki", record_get(intent, "key_spki"), err) &&
	       record_write(&meta, dir, FILE_META, FS_ATTR(0600), err);
}
