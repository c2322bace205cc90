#include "agent/key_uses.h"

#include <string.h>

#include "agent/revocation.h"
#include "agent/situation.h"

struct walk {
	const struct conf_cert *cert;
	const char *live;
	key_use_fn *fn;
	void *user;
};

/* `next` and `pending` are no generations; what was given up is in the archive, but has no meta. */
static const char *role_of(const struct walk *w, const char *where, bool complete)
{
	if (!strcmp(where, KEY_USE_NEXT))
		return "next";
	if (!strcmp(where, KEY_USE_PENDING))
		return "in work";
	if (!complete)
		return "given up";
	return w->live && !strcmp(w->live, where) ? "live" : "kept";
}

static bool visit(
	const struct walk *w, int parent, const char *name, const char *where, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;
	bool complete;
	bool found;

	if (!fs_open_dir_optional(&dir, parent, name, err))
		return false;
	if (dir < 0)
		return true;
	complete = fs_exists(dir, FILE_META);
	if (!record_read(&r, &found, dir, complete ? FILE_META : FILE_INTENT, err))
		return false;
	return !found || w->fn(w->user,
				 &(struct key_use) { .cert = w->cert,
					 .where = where,
					 .role = role_of(w, where, complete),
					 .dir = dir,
					 .record = &r },
				 err);
}

static bool visit_archive(const struct walk *w, struct store *store, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int archive = -1;

	if (!store_open_archive(&archive, store, w->cert->name, false, err))
		return false;
	if (archive < 0)
		return true;
	if (!fs_list(&all, archive, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (strcmp(all.item[i], FILE_REVOKING) != 0 &&
			!visit(w, archive, all.item[i], all.item[i], err))
			return false;
	return true;
}

bool key_uses(struct store *store, const struct conf_cert *cert, key_use_fn *fn, void *user,
	struct err *err)
{
	AUTO_STR char *live = NULL;
	struct walk w = { cert, NULL, fn, user };

	if (!store_live(&live, store, cert->name, err))
		return false;
	w.live = live;
	return visit(&w, store->pending, cert->name, KEY_USE_PENDING, err) &&
	       visit(&w, store->next, cert->name, KEY_USE_NEXT, err) &&
	       visit_archive(&w, store, err);
}
