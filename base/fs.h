/*
 * Files that survive a crash. Every change of state goes through here: no other file of the
 * project calls rename, link, symlink, mkdir or unlink, or opens a file for writing.
 *
 * Names are relative to an open directory, one component, never a path from outside. A change is
 * durable when its function returns true: file and directory are fsynced. After a failure nothing
 * has changed. Failures are ERR_IO unless a function says otherwise. A directory of -1 is one that
 * is absent: what reads something that may be missing finds nothing there.
 */
#ifndef BASE_FS_H
#define BASE_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/strlist.h"

/* Closes unless negative; for AUTO(fd). */
void fs_close(int fd);
AUTO_DEFINE(fd, int, fs_close);

/* Permissions of something new. FS_KEEP leaves the owner or group as the process has it. */
#define FS_KEEP ((unsigned)-1)
struct fs_attr {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};
#define FS_ATTR(m) ((struct fs_attr) { .mode = (m), .uid = FS_KEEP, .gid = FS_KEEP })

/* Opens a directory; the last component may not be a symbolic link. `at` may be AT_FDCWD. */
MUST_USE bool fs_open_dir(int *out, int at, const char *path, struct err *err);

/* The same; -1 in *out when it is absent, which is certain then: any other failure is one. */
MUST_USE bool fs_open_dir_optional(int *out, int at, const char *path, struct err *err);

/*
 * Opens a directory, made first when absent: it appears with its permissions; those of one that is
 * there are left alone. `path` may have several components, of which the last alone is made.
 */
MUST_USE bool fs_make_dir(int *out, int at, const char *path, struct fs_attr attr, struct err *err);

/*
 * The one way to write a file: a temporary name in the same directory, permissions by descriptor,
 * content, fsync, rename over `name`, fsync of the directory.
 */
MUST_USE bool fs_write(int dir, const char *name, const void *data, size_t len, struct fs_attr attr,
	struct err *err);

/*
 * The same in three steps, for files that are to change together: all of them are prepared before
 * the first one is put in its place, which is durable after the last step. `temp` is the caller's
 * choice, so that it can be found after a crash; what is there of that name is replaced.
 */
MUST_USE bool fs_prepare(int dir, const char *temp, const void *data, size_t len,
	struct fs_attr attr, struct err *err);
MUST_USE bool fs_put(int dir, const char *temp, const char *name, struct err *err);
MUST_USE bool fs_sync(int dir, const char *name, struct err *err);

/*
 * Appends one line (which must end in \n) with a single write and fsyncs it; creates the file
 * 0600. A torn last line of an earlier crash is ended first. The file is opened for appending only.
 */
MUST_USE bool fs_append(int dir, const char *name, const char *line, struct err *err);

/* Whole file into `out`, at most out->max bytes; a symbolic link is refused. */
MUST_USE bool fs_read(struct buf *out, int dir, const char *name, struct err *err);

/* The same; a missing file is no failure: *found says so. */
MUST_USE bool fs_read_optional(
	struct buf *out, bool *found, int dir, const char *name, struct err *err);

/*
 * The last out->max bytes of a file that grows, beginning with a whole line; a missing file is
 * empty.
 */
MUST_USE bool fs_read_tail(struct buf *out, int dir, const char *name, struct err *err);

/* By path, following symbolic links: for files of the administrator (config, bundles). */
MUST_USE bool fs_read_path(struct buf *out, const char *path, struct err *err);

/* False also when it can't be found out: not for what must not be made a second time. */
bool fs_exists(int dir, const char *name);

/* Removes a file or symbolic link; absent is fine. */
MUST_USE bool fs_remove(int dir, const char *name, struct err *err);

/* Removes a directory and all below it, not following links; absent is fine. */
MUST_USE bool fs_remove_tree(int dir, const char *name, struct err *err);

/* Renames; refuses to replace. Both directories are synced. */
MUST_USE bool fs_move(int from, const char *name, int to, const char *new_name, struct err *err);

/* Makes `name` a symbolic link to `target`, replacing one that is there in a single rename. */
MUST_USE bool fs_switch_link(int dir, const char *name, const char *target, struct err *err);

/* The target of a symbolic link; NULL in *out when `name` is absent. Owned: free(). */
MUST_USE bool fs_read_link(char **out, int dir, const char *name, struct err *err);

/* Names in a directory, sorted by bytes, without "." and ".." and our own temporary files. */
MUST_USE bool fs_list(struct strlist *out, int dir, struct err *err);

/* Sets permissions of something that exists, by descriptor and not through a link. */
MUST_USE bool fs_set_attr(int dir, const char *name, struct fs_attr attr, struct err *err);

/* Removes temporary files that a killed run left in this directory. Caller holds the lock. */
MUST_USE bool fs_clean_temp(int dir, struct err *err);

/*
 * The same in a directory that others use, too: only what a killed fs_make_dir() left, which is
 * empty and has exactly such a name.
 */
MUST_USE bool fs_clean_temp_dirs(int dir, struct err *err);

/*
 * Takes an exclusive flock on a file that is made once and never removed; waits at most
 * `timeout_ms`, then ERR_BUSY. The lock ends with the descriptor, so with the process.
 */
MUST_USE bool fs_lock(int *out, int dir, const char *name, int64_t timeout_ms, struct err *err);

/*
 * Fails with ERR_CONFIG unless the file or directory `path`, each directory above it, and each
 * symbolic link on the way belong to root or to the user who runs and can be changed by nobody
 * else. Sticky directories (/tmp) pass as parents. `what` names it in the message.
 */
MUST_USE bool fs_check_trusted(const char *path, const char *what, struct err *err);

/* ERR_IO unless the file system of `dir` has `bytes` and 64 inodes free. */
MUST_USE bool fs_check_space(int dir, uint64_t bytes, struct err *err);

#endif
