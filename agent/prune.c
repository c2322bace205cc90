#include "agent/prune.h"

#include <string.h>

#include "agent/intent.h"
#include "agent/key_given.h"
#include "agent/key_ids.h"
#include "base/clock.h"
#include "base/log.h"

#define ABANDONED_TIME (30 * 86400) /* after that no order is issued any more */

static bool delete_token_key(struct run *run, int dir, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	struct ks_ref ref;
	struct ks *ks;
	bool found;
	bool foreign;
	bool given = false;
	bool last;

	/* what was abandoned has no meta, but its intent names the key all the same */
	if (!record_read(
		    &meta, &found, dir, fs_exists(dir, FILE_META) ? FILE_META : FILE_INTENT, err))
		return false;
	if (!found || !*record_get(&meta, "key_store"))
		return true;
	if (!key_ids_foreign(&foreign, dir, err) ||
		!key_ids_last(&last, run->store, record_get(&meta, "key_id"), err))
		return false;
	/* the key of one certificate may be that of another */
	if (foreign || !last)
		return true;
	if (!key_given(&given, run, &meta, err) || given)
		return given;
	return intent_find_key(&ks, &ref, run, &meta, dir, err) && ks_delete(ks, &ref, err);
}

static bool prune_one(
	struct run *run, const struct conf_cert *cert, int archive, const char *id, struct err *err)
{
	struct err trouble = { 0 };
	AUTO(fd) int dir = -1;

	if (!fs_open_dir(&dir, archive, id, err))
		return false;
	if (!delete_token_key(run, dir, &trouble)) {
		log_warning("generation %s is kept: %s", id, trouble.text);
		return true;
	}
	if (!fs_remove_tree(archive, id, err))
		return false;
	return store_history(run->store, err, cert->name, "pruned", "generation=%s", id);
}

static bool is_deployed(int archive, const char *id)
{
	struct err ignored = { 0 };
	AUTO(fd) int dir = -1;

	return fs_open_dir(&dir, archive, id, &ignored) && fs_exists(dir, FILE_DEPLOYED);
}

static bool prune_generations(
	struct run *run, const struct conf_cert *cert, int archive, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO_STR char *live = NULL;
	size_t kept = 0;
	bool deployed_kept = false;

	if (!store_generations(&all, run->store, cert->name, err) ||
		!store_live(&live, run->store, cert->name, err))
		return false;
	for (size_t i = all.n; i-- > 0;) {
		bool deployed = is_deployed(archive, all.item[i]);
		bool needed = kept < run->conf->agent.keep_generations ||
			      (deployed && !deployed_kept) || (live && !strcmp(live, all.item[i]));

		deployed_kept = deployed_kept || deployed;
		if (needed)
			kept++;
		else if (!prune_one(run, cert, archive, all.item[i], err))
			return false;
	}
	return true;
}

static bool latest_time(
	int64_t *latest, int dir, const char *file, const char *key, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	bool found;
	int64_t t;

	if (!record_read(&r, &found, dir, file, err))
		return false;
	t = record_get_int(&r, key, 0);
	if (t > *latest)
		*latest = t;
	return true;
}

/* SCM said that nothing will come of its order, or so long ago was it made. A lost one may live. */
static bool is_over(bool *out, int archive, const char *id, struct err *err)
{
	AUTO(record) struct record held = { 0 };
	AUTO(fd) int dir = -1;
	int64_t latest = 0;
	bool found;

	if (!fs_open_dir(&dir, archive, id, err) ||
		!record_read(&held, &found, dir, FILE_HELD, err) ||
		!latest_time(&latest, dir, FILE_INTENT, "created", err) ||
		!latest_time(&latest, dir, FILE_SUBMITTING, "time", err) ||
		!latest_time(&latest, dir, FILE_ORDER, "time", err))
		return false;
	*out = (record_get_int(&held, "dead", 0) && fs_exists(dir, FILE_ORDER)) ||
	       (latest && clock_now() - latest > ABANDONED_TIME);
	return true;
}

static bool prune_abandoned(
	struct run *run, const struct conf_cert *cert, int archive, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	size_t keep = run->conf->agent.keep_generations;

	if (!store_abandoned(&all, run->store, cert->name, err))
		return false;
	for (size_t i = 0; i + keep < all.n; i++) {
		bool over;

		if (!is_over(&over, archive, all.item[i], err) ||
			(over && !prune_one(run, cert, archive, all.item[i], err)))
			return false;
	}
	return true;
}

bool prune_all(struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(fd) int archive = -1;

	return store_open_archive(&archive, run->store, cert->name, true, err) &&
	       prune_generations(run, cert, archive, err) &&
	       prune_abandoned(run, cert, archive, err);
}
