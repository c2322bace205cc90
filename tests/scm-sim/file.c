#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LINE_LIMIT 4096

void fd_auto(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

char *file_path(const char *dir, const char *name)
{
	return mem_format("%s/%s", dir, name);
}

static bool read_all(char **out, size_t *length, int fd, size_t limit)
{
	AUTO(text) char *data = NULL;
	size_t used = 0;
	ssize_t got;

	do {
		data = mem_grow(data, used + 65536 + 1, 1);
		got = read(fd, data + used, 65536);
		if (got < 0)
			return false;
		used += (size_t)got;
	} while (got > 0 && used <= limit);
	data[used] = '\0';
	*out = TAKE(data);
	*length = used;
	return true;
}

bool file_read(char **out, size_t *length, const char *path, size_t limit, struct err *err)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(text) char *data = NULL;
	size_t used;

	if (fd < 0 || !read_all(&data, &used, fd, limit))
		return err_errno(err, "read '%s'", path);
	if (used > limit)
		return err_set(err, "read '%s': larger than %zu bytes", path, limit);
	if (!length && strlen(data) != used)
		return err_set(err, "read '%s': holds a NUL byte", path);
	if (length)
		*length = used;
	*out = TAKE(data);
	return true;
}

bool file_read_line(char **out, const char *path, struct err *err)
{
	AUTO(text) char *data = NULL;

	if (!file_read(&data, NULL, path, LINE_LIMIT, err))
		return false;
	*out = mem_copy(data, strcspn(data, "\r\n"));
	return true;
}

static bool write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		data += done;
		length -= (size_t)done;
	}
	return true;
}

bool file_replace(const char *path, const void *data, size_t length, mode_t mode, struct err *err)
{
	AUTO(text) char *temporary = mem_format("%s.XXXXXX", path);
	AUTO(fd) int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "make a file beside '%s'", path);
	if (fchmod(fd, mode) || !write_all(fd, data, length) || fsync(fd) ||
		rename(temporary, path)) {
		err_put_errno(err, "write '%s'", path);
		unlink(temporary);
		return false;
	}
	return true;
}

struct file_mark file_mark(const char *path)
{
	struct file_mark mark = { 0 };
	struct stat st;

	if (stat(path, &st))
		return mark;
	mark.present = true;
	mark.device = st.st_dev;
	mark.inode = st.st_ino;
	mark.size = st.st_size;
	mark.modified = st.st_mtim;
	mark.changed = st.st_ctim;
	return mark;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool file_mark_same(const struct file_mark *a, const struct file_mark *b)
{
	return a->present == b->present && a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && same_time(&a->modified, &b->modified) &&
	       same_time(&a->changed, &b->changed);
}

bool file_lock(int *fd, const char *path, bool wait, struct err *err)
{
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (lock < 0)
		return err_errno(err, "open '%s'", path);
	while (flock(lock, LOCK_EX | (wait ? 0 : LOCK_NB))) {
		if (errno == EINTR)
			continue;
		err_put_errno(err, "lock '%s'", path);
		close(lock);
		return false;
	}
	*fd = lock;
	return true;
}
