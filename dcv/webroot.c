#include "dcv/webroot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define DIR_MODE 0755
#define FILE_MODE 0644
#define LINES_MAX 512

static const char well_known[] = ".well-known";
static const char folder[] = "pki-validation";

static bool check(const char *webroot, const struct dcv_challenge *c, struct err *err)
{
	assert(c->type == DCV_HTTP || c->type == DCV_HTTPS);
	if (webroot[0] != '/')
		return err_set(err, ERR_CONFIG, "web root \"%s\" is not an absolute path", webroot);
	return dcv_challenge_check(c, err);
}

/* -1 in *out when it is absent. */
static bool open_webroot(int *out, const char *webroot, struct err *err)
{
	int fd = open(webroot, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return err_errno(err, ERR_CONFIG, "web root \"%s\"", webroot);
	*out = fd;
	return true;
}

/* For the message only: opening does not follow one either. */
static bool refuse_link(int dir, const char *name, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISLNK(st.st_mode))
		return true;
	return err_set(err, ERR_CONFIG,
		"%s is a symbolic link, which is not followed; make it a directory, or configure "
		"another web root",
		name);
}

static bool make_dir(int *out, int dir, const char *name, struct err *err)
{
	return refuse_link(dir, name, err) && fs_make_dir(out, dir, name, FS_ATTR(DIR_MODE), err);
}

static bool write_lines(int dir, const struct dcv_challenge *c, struct err *err)
{
	AUTO(buf) struct buf lines = BUF(LINES_MAX);

	buf_addf(&lines, "%s\n%s\n", c->first, c->second);
	return buf_check(&lines, "validation file", err) &&
	       fs_write(dir, dcv_challenge_file(c), buf_str(&lines), lines.len, FS_ATTR(FILE_MODE),
		       err);
}

bool dcv_webroot_publish(const char *webroot, const struct dcv_challenge *c, struct err *err)
{
	AUTO(fd) int root = -1;
	AUTO(fd) int above = -1;
	AUTO(fd) int dir = -1;

	if (!check(webroot, c, err) || !open_webroot(&root, webroot, err))
		return false;
	if (root < 0)
		return err_set(err, ERR_CONFIG, "web root \"%s\" is not there", webroot);
	if (make_dir(&above, root, well_known, err) && make_dir(&dir, above, folder, err) &&
		write_lines(dir, c, err))
		return true;
	return err_wrap(err, "web root \"%s\"", webroot);
}

/* Leaves alone what somebody else made, or uses. */
static bool tidy(int parent, const char *name, int dir, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct stat st;

	if (fstat(dir, &st) || st.st_uid != geteuid() || (st.st_mode & 07777) != DIR_MODE)
		return true;
	if (!fs_list(&names, dir, err))
		return false;
	return names.n || fs_remove_tree(parent, name, err);
}

/* Absent is fine, and leaves -1. */
static bool find_dir(int *out, int dir, const char *name, struct err *err)
{
	if (dir < 0)
		return true;
	return refuse_link(dir, name, err) && fs_open_dir_optional(out, dir, name, err);
}

static bool withdraw(int root, const char *file, struct err *err)
{
	AUTO(fd) int above = -1;
	AUTO(fd) int dir = -1;

	if (!find_dir(&above, root, well_known, err) || !find_dir(&dir, above, folder, err))
		return false;
	if (dir >= 0 && (!fs_remove(dir, file, err) || !fs_clean_temp(dir, err) ||
				!tidy(above, folder, dir, err)))
		return false;
	if (above >= 0 && (!fs_clean_temp_dirs(above, err) || !tidy(root, well_known, above, err)))
		return false;
	return root < 0 || fs_clean_temp_dirs(root, err);
}

bool dcv_webroot_withdraw(const char *webroot, const struct dcv_challenge *c, struct err *err)
{
	AUTO(fd) int root = -1;

	if (!check(webroot, c, err) || !open_webroot(&root, webroot, err))
		return false;
	return withdraw(root, dcv_challenge_file(c), err) ||
	       err_wrap(err, "web root \"%s\"", webroot);
}
