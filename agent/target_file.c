#include "agent/target_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "keystore/ks_store.h"

bool target_wrap(struct err *err, const struct conf_target *t)
{
	return err_wrap(err, "[install:%s] %s", t->name, t->path ? t->path : "in the token");
}

/* The directory, trusted, and the file's name in it. */
static bool open_parent(int *dir, const char **name, const struct conf_target *t, struct err *err)
{
	char parent[PATH_MAX];
	size_t len;

	*name = strrchr(t->path, '/') + 1;
	len = (size_t)(*name - t->path);
	/* without the slash, but for the root's */
	snprintf(parent, sizeof(parent), "%.*s", (int)(len > 1 ? len - 1 : 1), t->path);
	return fs_check_trusted(parent, "directory", err) &&
	       fs_open_dir(dir, AT_FDCWD, parent, err);
}

static bool look_at(struct stat *st, bool *found, int dir, const char *name, struct err *err)
{
	*found = !fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
	if (!*found && errno != ENOENT)
		return err_errno(err, ERR_IO, "look at %s", name);
	if (*found && S_ISLNK(st->st_mode))
		return err_set(err, ERR_CONFIG,
			"is a symbolic link, which would be replaced; configure the path that it "
			"leads to");
	return !*found || S_ISREG(st->st_mode) ||
	       err_set(err, ERR_CONFIG, "is there and is no regular file");
}

/* A store that others use, too, keeps the permissions that nobody configured. */
static void choose_attr(struct target_file *f, const struct stat *old)
{
	const struct conf_target *t = f->target;

	f->attr = (struct fs_attr) { .mode = t->mode, .uid = t->uid, .gid = t->gid };
	if (!old || !conf_format_is_store(t->format))
		return;
	if (!t->owner)
		f->attr.uid = old->st_uid;
	if (!t->group)
		f->attr.gid = old->st_gid;
	if (t->mode_default)
		f->attr.mode = old->st_mode & 0660;
}

bool target_file_open(struct target_file *f, const struct conf_target *t, struct err *err)
{
	struct stat st;
	bool found;

	*f = (struct target_file) { .target = t, .dir = -1, .content = BUF(KS_STORE_MAX) };
	if (!open_parent(&f->dir, &f->name, t, err) || !look_at(&st, &found, f->dir, f->name, err))
		return false;
	snprintf(f->temp, sizeof(f->temp), ".%s.scm-agent", f->name);
	choose_attr(f, found ? &st : NULL);
	return !conf_format_is_store(t->format) ||
	       fs_read_optional(&f->content, &found, f->dir, f->name, err);
}

bool target_file_prepare(struct target_file *f, struct err *err)
{
	if (!fs_prepare(f->dir, f->temp, f->content.data, f->content.len, f->attr, err))
		return false;
	f->waits = true;
	return true;
}

bool target_file_put(struct target_file *f, struct err *err)
{
	if (!fs_put(f->dir, f->temp, f->name, err))
		return false;
	f->waits = false;
	return true;
}

bool target_file_sync(const struct target_file *f, struct err *err)
{
	return fs_sync(f->dir, f->name, err);
}

void target_file_drop(struct target_file *f)
{
	struct err err = { 0 };

	if (f->waits && !fs_remove(f->dir, f->temp, &err))
		log_warning("%s", err.text);
	f->waits = false;
}

void target_file_dispose(struct target_file *f)
{
	target_file_drop(f);
	buf_wipe(&f->content);
	fs_close(f->dir);
}
