#include "webhook/spool.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/fs.h"

bool spool_open(int *out, const char *path, struct err *err)
{
	return fs_make_dir(out, AT_FDCWD, path, FS_ATTR(0700), err);
}

bool spool_add(enum spool_end *out, int dir, uint64_t id, struct err *err)
{
	AUTO(strlist) struct strlist there = { 0 };
	char name[24];

	snprintf(name, sizeof(name), "%" PRIu64, id);
	if (fs_exists(dir, name)) {
		*out = SPOOL_KNOWN;
		return true;
	}
	if (!fs_list(&there, dir, err))
		return false;
	if (there.n < SPOOL_MAX && !fs_write(dir, name, "", 0, FS_ATTR(0600), err))
		return false;
	*out = there.n < SPOOL_MAX ? SPOOL_NEW : SPOOL_FULL;
	return true;
}
