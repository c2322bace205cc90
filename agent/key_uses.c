#include "agent/key_uses.h"

#include <string.h>

#include "agent/revocation.h"
#include "agent/situation.h"

static bool use_generation(const struct conf_cert *cert, int archive, const char *id,
	key_use_fn *fn, void *user, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int dir = -1;
	const char *file = FILE_META;
	bool found;

	if (!strcmp(id, FILE_REVOKING))
		return true;
	if (!fs_open_dir(&dir, archive, id, err))
		return false;
	/* what was abandoned has no meta, but its intent names the key all the same */
	if (!fs_exists(dir, FILE_META))
		file = FILE_INTENT;
	if (!record_read(&meta, &found, dir, file, err))
		return false;
	return !found || fn(user, &(struct key_use) { cert, id, dir, &meta }, err);
}

bool key_uses(struct store *store, const struct conf_cert *cert, key_use_fn *fn, void *user,
	struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int pending = -1;
	AUTO(fd) int archive = -1;

	if (!situation_read(&s, store, cert->name, err) ||
		!store_open_pending(&pending, store, cert->name, false, err) ||
		!store_open_archive(&archive, store, cert->name, false, err))
		return false;
	if (s.intent.found &&
		!fn(user, &(struct key_use) { cert, "pending", pending, &s.intent.r }, err))
		return false;
	if (archive < 0)
		return true;
	if (!fs_list(&all, archive, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (!use_generation(cert, archive, all.item[i], fn, user, err))
			return false;
	return true;
}
