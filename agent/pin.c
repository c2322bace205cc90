#include "agent/pin.h"

#include <string.h>

#include "agent/record.h"
#include "base/clock.h"

bool pin_set(struct store *store, const char *name, const char *generation, const char *newest,
	struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;

	return record_set(&r, "newest", newest, err) &&
	       record_set_int(&r, "time", clock_now(), err) &&
	       store_open_archive(&archive, store, name, false, err) &&
	       fs_open_dir(&dir, archive, generation, err) &&
	       record_write(&r, dir, FILE_PINNED, FS_ATTR(0600), err);
}

bool pin_clear(struct store *store, const char *name, const char *but, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int archive = -1;

	if (!store_open_archive(&archive, store, name, false, err) ||
		!store_generations(&all, store, name, err))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		AUTO(fd) int dir = -1;

		if (but && !strcmp(but, all.item[i]))
			continue;
		if (!fs_open_dir(&dir, archive, all.item[i], err) ||
			!fs_remove(dir, FILE_PINNED, err))
			return false;
	}
	return true;
}
