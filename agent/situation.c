#include "agent/situation.h"

#include <stdio.h>
#include <string.h>

#include "agent/revocation.h"

#define REQUEST_MAX (128 * 1024)

static const struct {
	const char *name;
	const char *word;
} states[] = {
#define STATE_ROW(state, word) [STATE_##state] = { #state, word },
	STATES(STATE_ROW)
#undef STATE_ROW
};

const char *state_name(enum state s)
{
	return states[s].name;
}

const char *state_word(enum state s)
{
	return states[s].word;
}

static void evidence_dispose(struct evidence *e)
{
	record_dispose(&e->r);
	e->found = false;
}

void situation_dispose(struct situation *s)
{
	free(s->live);
	free(s->newest);
	evidence_dispose(&s->live_meta);
	evidence_dispose(&s->newest_meta);
	evidence_dispose(&s->live_deployed);
	evidence_dispose(&s->deployed);
	evidence_dispose(&s->deploy_retry);
	evidence_dispose(&s->unaccepted);
	evidence_dispose(&s->revoking);
	evidence_dispose(&s->intent);
	evidence_dispose(&s->submitting);
	evidence_dispose(&s->order);
	evidence_dispose(&s->held);
	evidence_dispose(&s->retry);
	*s = (struct situation) { 0 };
}

static bool read_evidence(struct evidence *out, int dir, const char *name, struct err *err)
{
	return record_read(&out->r, &out->found, dir, name, err);
}

static bool live_is_newest(const struct situation *s)
{
	return s->live && !strcmp(s->live, s->newest);
}

static bool read_generation(
	struct situation *s, int dir, const char *id, bool newest, struct err *err)
{
	AUTO(fd) int gen = -1;
	struct evidence *meta = newest ? &s->newest_meta : &s->live_meta;

	if (!fs_open_dir(&gen, dir, id, err) || !read_evidence(meta, gen, FILE_META, err))
		return false;
	if (!meta->found)
		return err_set(err, ERR_IO,
			"generation %s has no meta file; restore it from a backup or "
			"remove the generation",
			id);
	if (!newest) {
		s->pinned = fs_exists(gen, FILE_PINNED);
		return live_is_newest(s) ||
		       read_evidence(&s->live_deployed, gen, FILE_DEPLOYED, err);
	}
	return read_evidence(&s->deployed, gen, FILE_DEPLOYED, err) &&
	       read_evidence(&s->deploy_retry, gen, FILE_RETRY, err) &&
	       read_evidence(&s->unaccepted, gen, FILE_UNACCEPTED, err);
}

/* A pin remembers the newest generation of its day; a newer one ends it. */
static bool read_pin(struct situation *s, int dir, struct err *err)
{
	AUTO(record) struct record pin = { 0 };
	AUTO(fd) int gen = -1;
	bool found;

	if (!fs_open_dir(&gen, dir, s->live, err) ||
		!record_read(&pin, &found, gen, FILE_PINNED, err))
		return false;
	s->pinned = found && !strcmp(record_get(&pin, "newest"), s->newest);
	return true;
}

/* Whether the certificate that matters has been revoked, or its key compromised. */
static bool read_loss(struct situation *s, struct store *store, int dir, struct err *err)
{
	AUTO(fd) int gen = -1;
	bool burnt;

	if (!read_evidence(&s->revoking, dir, FILE_REVOKING, err) ||
		!fs_open_dir(&gen, dir, s->pinned ? s->live : s->newest, err) ||
		!revocation_is_burnt(&burnt, store, record_get(&situation_meta(s)->r, "spki"), err))
		return false;
	if (fs_exists(gen, FILE_REVOKED))
		s->lost = "revoked";
	if (burnt)
		s->lost = "key compromised";
	return true;
}

static bool read_archive(
	struct situation *s, struct store *store, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int dir = -1;

	if (!store_live(&s->live, store, name, err) || !store_generations(&all, store, name, err))
		return false;
	if (s->live && !strlist_has(&all, s->live)) {
		free(s->live);
		s->live = NULL;
	}
	if (!all.n)
		return true;
	s->newest = strdup(all.item[all.n - 1]);
	if (!s->newest)
		return err_memory(err);
	if (!store_open_archive(&dir, store, name, false, err) ||
		!read_generation(s, dir, s->newest, true, err))
		return false;
	if (s->live && !read_generation(s, dir, s->live, false, err))
		return false;
	return (!s->pinned || read_pin(s, dir, err)) && read_loss(s, store, dir, err);
}

/*
 * No crash of ours leaves a request without the intent and the key that it was made from. To go on
 * regardless could order a certificate for a key that is lost, or order twice.
 */
static bool check_pending(const struct situation *s, const char *name, struct err *err)
{
	bool begun = s->request || s->submitting.found || s->order.found || s->chain;

	bool no_intent = !s->intent.found && (s->key || begun);
	bool no_key = !s->key && begun;

	if (!no_intent && !no_key)
		return true;
	return err_set(err, ERR_IO,
		"pending/%s has no %s file; restore it from a backup, or move the directory away, "
		"knowing that its order may exist at SCM",
		name, no_intent ? "intent" : "key");
}

/* A key that was there before the order is in the intent, any other in the request. */
static bool read_key(struct situation *s, struct store *store, int dir, struct err *err)
{
	AUTO(buf) struct buf request = BUF(REQUEST_MAX);
	struct err ignored = { 0 };

	snprintf(s->spki, sizeof(s->spki), "%s", record_get(&s->intent.r, "key_spki"));
	if (!*s->spki && s->request && !fs_read(&request, dir, FILE_REQUEST, err))
		return false;
	if (request.len && !csr_fingerprint_spki(s->spki, request.data, request.len, &ignored))
		s->spki[0] = '\0';
	return revocation_is_burnt(&s->burnt, store, s->spki, err);
}

static bool read_pending(
	struct situation *s, struct store *store, const char *name, struct err *err)
{
	AUTO(fd) int dir = -1;

	if (!store_open_pending(&dir, store, name, false, err))
		return false;
	if (dir < 0)
		return true;
	s->pending = true;
	s->key = fs_exists(dir, FILE_KEY) || fs_exists(dir, FILE_KEY_URI);
	s->request = fs_exists(dir, FILE_REQUEST);
	s->chain = fs_exists(dir, FILE_CHAIN);
	return read_evidence(&s->intent, dir, FILE_INTENT, err) &&
	       read_evidence(&s->submitting, dir, FILE_SUBMITTING, err) &&
	       read_evidence(&s->order, dir, FILE_ORDER, err) &&
	       read_evidence(&s->held, dir, FILE_HELD, err) &&
	       read_evidence(&s->retry, dir, FILE_RETRY, err) && check_pending(s, name, err) &&
	       read_key(s, store, dir, err);
}

bool situation_read(struct situation *out, struct store *store, const char *name, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };

	if (!read_pending(&s, store, name, err) || !read_archive(&s, store, name, err))
		return err_wrap(err, "state of %s", name);
	*out = s;
	s = (struct situation) { 0 };
	return true;
}

void situation_forget_revoking(struct situation *s)
{
	evidence_dispose(&s->revoking);
}

const struct evidence *situation_meta(const struct situation *s)
{
	return s->pinned ? &s->live_meta : &s->newest_meta;
}

bool situation_is_deployed(const struct situation *s, const char *deploy_digest)
{
	const struct evidence *mark = live_is_newest(s) ? &s->deployed : &s->live_deployed;

	return s->live && mark->found && !strcmp(record_get(&mark->r, "digest"), deploy_digest);
}

enum state situation_state(const struct situation *s, bool due, const char *deploy_digest)
{
	bool deployed = s->pinned || (live_is_newest(s) && situation_is_deployed(s, deploy_digest));

	if (s->revoking.found && !*record_get(&s->revoking.r, "refused"))
		return STATE_REVOKING;
	if (s->held.found)
		return STATE_HELD;
	if (s->chain)
		return STATE_ISSUED;
	if (s->order.found)
		return STATE_ORDERED;
	if (s->submitting.found)
		return STATE_SUBMITTING;
	if (s->request)
		return STATE_REQUESTED;
	if (s->intent.found)
		return s->key ? STATE_KEYED : STATE_DUE;
	if (due || !situation_meta(s)->found)
		return STATE_DUE;
	return deployed ? STATE_CURRENT : STATE_INSTALLED;
}

bool situation_find_generation(char **out, struct store *store, const char *name, const char *key,
	const char *value, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int archive = -1;

	*out = NULL;
	if (!store_generations(&all, store, name, err) ||
		!store_open_archive(&archive, store, name, false, err))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		AUTO(record) struct record meta = { 0 };
		AUTO(fd) int dir = -1;
		bool found;

		if (!fs_open_dir(&dir, archive, all.item[i], err) ||
			!record_read(&meta, &found, dir, FILE_META, err))
			return false;
		if (strcmp(record_get(&meta, key), value) != 0)
			continue;
		*out = strdup(all.item[i]);
		return *out || err_memory(err);
	}
	return true;
}
