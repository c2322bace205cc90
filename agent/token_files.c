#include "agent/token_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define DEPTH_MAX 3

static bool share_all(int dir, gid_t gid, unsigned depth, struct err *err);

static bool share_dir(int dir, const char *name, gid_t gid, unsigned depth, struct err *err)
{
	AUTO(fd) int fd = -1;

	return !depth || (fs_open_dir(&fd, dir, name, err) && share_all(fd, gid, depth - 1, err));
}

/* What we, or the module in our name, have made; a link, or what others made, is left alone. */
static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() &&
	       (S_ISDIR(st->st_mode) || (S_ISREG(st->st_mode) && st->st_nlink == 1));
}

static bool share(int dir, const char *name, gid_t gid, unsigned depth, struct err *err)
{
	struct fs_attr attr = { .uid = FS_KEEP, .gid = gid };
	struct stat st;
	mode_t more;

	/* a module that works beside us takes away what it made for a moment */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !is_ours(&st))
		return true;
	if (S_ISDIR(st.st_mode) && st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, ERR_CONFIG,
			"others can change what is in it (mode %04o); chmod go-w",
			(unsigned)(st.st_mode & 07777));
	more = S_ISDIR(st.st_mode) ? S_IRGRP | S_IXGRP : S_IRGRP;
	attr.mode = (st.st_mode & 0777) | more;
	if ((st.st_gid != gid || (st.st_mode & more) != more) && !fs_set_attr(dir, name, attr, err))
		return false;
	return !S_ISDIR(st.st_mode) || share_dir(dir, name, gid, depth, err);
}

static bool share_all(int dir, gid_t gid, unsigned depth, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (!fs_list(&names, dir, err))
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (!share(dir, names.item[i], gid, depth, err))
			return err_wrap(err, "%s", names.item[i]);
	return true;
}

bool token_files_share(const struct conf_token *token, struct err *err)
{
	AUTO(fd) int dir = -1;
	struct stat st;

	if (!token->object_dir)
		return true;
	if (!fs_check_trusted(token->object_dir, "object_dir", err) ||
		!fs_open_dir(&dir, AT_FDCWD, token->object_dir, err))
		return err_wrap(err, "token %s", token->name);
	if (fstat(dir, &st))
		return err_errno(
			err, ERR_IO, "token %s: object_dir %s", token->name, token->object_dir);
	return share_all(dir, st.st_gid, DEPTH_MAX, err) ||
	       err_wrap(err, "token %s: object_dir %s", token->name, token->object_dir);
}
