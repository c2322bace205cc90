/*
 * Each kind of change that base/fs.c makes, once, in the working directory; may be repeated after
 * it was interrupted anywhere. test_fs_crash.sh prepares the directory and judges what is left.
 */
#include <stdio.h>
#include <string.h>

#include <fcntl.h>

#include "base/fs.h"

#define CONTENT_BYTES 10000

static bool all_steps(struct err *err)
{
	AUTO(fd) int dir = -1;
	AUTO(fd) int lock = -1;
	AUTO(fd) int sub = -1;
	char content[CONTENT_BYTES];

	memset(content, 'A', sizeof(content));
	if (!fs_open_dir(&dir, AT_FDCWD, ".", err) || !fs_lock(&lock, dir, "lock", 0, err) ||
		!fs_clean_temp(dir, err) || !fs_make_dir(&sub, dir, "sub", FS_ATTR(0711), err))
		return false;
	if (!fs_write(dir, "file", content, sizeof(content), FS_ATTR(0640), err) ||
		!fs_append(dir, "log", "a line\n", err) ||
		!fs_switch_link(dir, "live", "generation-2", err))
		return false;
	if (fs_exists(dir, "from") && !fs_move(dir, "from", sub, "moved", err))
		return false;
	return fs_remove_tree(dir, "tree", err) && fs_remove(dir, "loose", err);
}

int main(void)
{
	struct err err;

	if (all_steps(&err))
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}
