#include "agent/key_plan.h"

#include <stdio.h>
#include <string.h>

#include "agent/intent.h"
#include "agent/key_file.h"
#include "agent/key_ids.h"
#include "agent/next_key.h"
#include "agent/revocation.h"
#include "base/clock.h"
#include "base/log.h"

static const char *const origins[] = {
	[KEY_NEW] = "new",
	[KEY_REUSED] = "generation",
	[KEY_STAGED] = "next",
	[KEY_IMPORTED] = "import",
	[KEY_GIVEN] = "uri",
	[KEY_ADOPTED] = "adopted",
};

enum key_origin key_plan_origin(const struct record *intent)
{
	for (size_t i = 0; i < ARRAY_LEN(origins); i++)
		if (!strcmp(record_get(intent, "key_from"), origins[i]))
			return (enum key_origin)i;
	return KEY_NEW;
}

int64_t key_plan_made(const struct record *r)
{
	return record_get_int(r, "key_made", record_get_int(r, "created", 0));
}

bool key_plan_write(struct record *intent, const struct key_plan *plan, struct err *err)
{
	char id[KS_ID_HEX];

	return record_set(intent, "key_from", origins[plan->origin], err) &&
	       record_set(intent, "key_id", ks_id_format(id, &plan->id), err) &&
	       record_set_int(intent, "key_made", plan->made, err) &&
	       (!plan->foreign || record_set_int(intent, "key_foreign", 1, err)) &&
	       (!*plan->generation ||
		       record_set(intent, "key_generation", plan->generation, err)) &&
	       (!*plan->spki || record_set(intent, "key_spki", plan->spki, err));
}

/* A key that comes in from outside, and was asked for: nothing else will do. */
static bool judge(struct job *job, EVP_PKEY *key, struct err *err)
{
	enum ks_key_type wanted = job->cert->key_type;
	char spki[CSR_SHA256_HEX];
	enum ks_key_type type;
	bool burnt;

	if (!ks_key_type_of(&type, key) || type != wanted)
		return err_set(err, ERR_CONFIG, "the key is not %s, which key_type says",
			ks_key_type_name(wanted));
	if (!csr_check_key(key, err) || !csr_key_fingerprint(spki, key, err) ||
		!revocation_is_burnt(&burnt, job->run->store, spki, err))
		return false;
	return !burnt ||
	       err_set(err, ERR_CONFIG,
		       "the key is compromised, it is never deployed again; make another one, and "
		       "name that");
}

bool key_plan_import(EVP_PKEY **out, struct job *job, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (!job->cert->import_key)
		return err_set(err, ERR_CONFIG, "import_key is not set any more");
	if (!key_file_load(&key, job->cert->import_key, job->cert->import_password_file, err) ||
		!judge(job, key, err))
		return err_wrap(err, "import_key");
	*out = TAKE(key);
	return true;
}

bool key_plan_given(struct ks_id *out, struct job *job, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct ks_ref ref = { .dir = -1, .file = "", .label = "" };
	struct ks *ks;

	if (!keyring_open(&ks, job->run->keys, job->cert->token, err))
		return false;
	if (!ks_find_uri(&ref.id, ks, job->cert->key_uri, err) || !ks_load(&key, ks, &ref, err) ||
		!judge(job, key, err))
		return err_wrap(err, "key_uri");
	*out = ref.id;
	return true;
}

/*
 * Whether a key of ours can serve another order: it is there, the one that its record means, and
 * strong. A store that can't be asked is a failure, and no reason for a new key.
 */
static bool is_usable(bool *out, struct job *job, const struct record *r, int dir, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct err why = { 0 };
	char spki[CSR_SHA256_HEX];
	struct ks_ref ref;
	struct ks *ks;

	if (!intent_find_key(&ks, &ref, job->run, r, dir, err) || !ks_exists(out, ks, &ref, err))
		return false;
	if (!*out) {
		log_warning("the key %s is gone; a new one is made", record_get(r, "key_id"));
		return true;
	}
	if (!ks_load(&key, ks, &ref, err) || !csr_key_fingerprint(spki, key, err))
		return false;
	*out = csr_check_key(key, &why) && !strcmp(spki, record_get(r, "spki"));
	if (!*out)
		log_warning("the key %s is not used: %s; a new one is made",
			record_get(r, "key_id"),
			why.kind != ERR_NONE ? why.text : "it is not the one that it was");
	return true;
}

/* Says why a key is not used again, or NULL. */
static const char *unfit(struct job *job, const struct record *meta, struct err *why)
{
	const struct conf_cert *cert = job->cert;
	const char *changed = renew_key_changed(cert, meta);

	if (changed)
		return changed;
	if (!revocation_check(job->run->store, cert->name, job->sit.newest, why))
		return why->text;
	if (cert->max_key_age && clock_now() - key_plan_made(meta) > cert->max_key_age)
		return "older than max_key_age";
	return NULL;
}

static bool plan_reuse(bool *found, struct key_plan *plan, struct job *job, struct err *err)
{
	const struct record *meta = &job->sit.newest_meta.r;
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	struct err why = { 0 };
	const char *reason = unfit(job, meta, &why);

	*found = false;
	if (why.kind != ERR_NONE && why.kind != ERR_USAGE) {
		*err = why;
		return false;
	}
	if (reason) {
		log_info("the key is not used again: %s", reason);
		return true;
	}
	if (!store_open_archive(&archive, job->run->store, job->cert->name, false, err) ||
		!fs_open_dir(&dir, archive, job->sit.newest, err) ||
		!is_usable(found, job, meta, dir, err) ||
		!key_ids_foreign(&plan->foreign, dir, err))
		return false;
	snprintf(plan->generation, sizeof(plan->generation), "%s", job->sit.newest);
	plan->origin = KEY_REUSED;
	plan->made = key_plan_made(meta);
	return !*found || ks_id_parse(&plan->id, record_get(meta, "key_id")) ||
	       err_set(err, ERR_IO, "key_id of generation %s is none", job->sit.newest);
}

static bool plan_staged(bool *found, struct key_plan *plan, struct job *job, struct err *err)
{
	AUTO(record) struct record next = { 0 };
	AUTO(fd) int dir = -1;

	if (!next_key_read(found, &next, job->run->store, job->cert, &job->sit, err) || !*found)
		return !*found;
	if (!store_open_next(&dir, job->run->store, job->cert->name, false, err) ||
		!is_usable(found, job, &next, dir, err))
		return false;
	if (!*found)
		return next_key_drop(job, &next, err);
	plan->origin = KEY_STAGED;
	plan->made = key_plan_made(&next);
	snprintf(plan->spki, sizeof(plan->spki), "%s", record_get(&next, "spki"));
	return ks_id_parse(&plan->id, record_get(&next, "key_id")) ||
	       err_set(err, ERR_IO, "key_id of the next key is none");
}

static bool plan_new(struct key_plan *plan, struct err *err)
{
	*plan = (struct key_plan) { .origin = KEY_NEW, .made = clock_now() };
	return ks_id_make(&plan->id, err);
}

static bool plan_import(struct key_plan *plan, struct job *job, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	plan->origin = KEY_IMPORTED;
	plan->made = clock_now();
	return key_plan_import(&key, job, err) && ks_id_make(&plan->id, err);
}

/* It is as old as the first generation that has it. */
static bool plan_given(struct key_plan *plan, struct job *job, struct err *err)
{
	const struct record *meta = &job->sit.newest_meta.r;
	char id[KS_ID_HEX];

	if (!key_plan_given(&plan->id, job, err))
		return false;
	plan->origin = KEY_GIVEN;
	plan->foreign = true;
	plan->made =
		job->sit.newest && !strcmp(record_get(meta, "key_id"), ks_id_format(id, &plan->id))
			? key_plan_made(meta)
			: clock_now();
	return true;
}

/* A replacement is asked for to have another key. */
static bool may_reuse(const struct job *job)
{
	return job->cert->reuse_key && job->sit.newest && !job->reissue;
}

bool key_plan_decide(struct key_plan *out, struct job *job, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	struct key_plan plan = { 0 };
	bool found = true;

	if (cert->key_uri) {
		if (!plan_given(&plan, job, err))
			return false;
	} else if (cert->import_key && !job->sit.newest) {
		if (!plan_import(&plan, job, err))
			return false;
	} else if (cert->next_key) {
		if (!plan_staged(&found, &plan, job, err))
			return false;
	} else if (may_reuse(job)) {
		if (!plan_reuse(&found, &plan, job, err))
			return false;
	} else {
		found = false;
	}
	if (!found && !plan_new(&plan, err))
		return false;
	*out = plan;
	return true;
}
