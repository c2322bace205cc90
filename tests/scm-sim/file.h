/*
 * Files of the simulator's directory: whole-file reads, replacement by rename, advisory locks.
 */
#ifndef SIM_FILE_H
#define SIM_FILE_H

#include "err.h"

#include <sys/stat.h>
#include <sys/types.h>

/* What a file was when it was last read; tells whether it has to be read again. */
struct file_mark {
	bool present;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

/* DIR/NAME as an owned string. */
char *file_path(const char *dir, const char *name);

/*
 * Reads all of PATH, at most LIMIT bytes, into an owned, NUL-terminated buffer. LENGTH may be NULL;
 * then a NUL inside the file is an error.
 */
MUST bool file_read(char **out, size_t *length, const char *path, size_t limit, struct err *err);

/* Reads the first line of PATH, without its line end: a password file. */
MUST bool file_read_line(char **out, const char *path, struct err *err);

/* Puts a new file of MODE in the place of PATH: a temporary file beside it, fsync, rename. */
MUST bool file_replace(
	const char *path, const void *data, size_t length, mode_t mode, struct err *err);

/* The present mark of PATH; a file that is not there has one, too. */
struct file_mark file_mark(const char *path);

/* Whether A and B are marks of the same content. */
bool file_mark_same(const struct file_mark *a, const struct file_mark *b);

/*
 * Opens PATH (made when missing) and takes an exclusive lock on it; WAIT says whether to wait for a
 * holder. FD is the caller's; closing it, or the end of the process, gives the lock up.
 */
MUST bool file_lock(int *fd, const char *path, bool wait, struct err *err);

void fd_auto(int *fd);

#endif
