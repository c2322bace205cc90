#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define TEMP_PREFIX ".tmp-"
#define TEMP_SIZE (sizeof(TEMP_PREFIX) + 16)
#define SPARE_INODES 64

void fs_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void temp_name(char out[static TEMP_SIZE])
{
	unsigned char random[8];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		abort();
	memcpy(out, TEMP_PREFIX, sizeof(TEMP_PREFIX));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(out + sizeof(TEMP_PREFIX) - 1 + 2 * i, 3, "%02x", random[i]);
}

static bool sync_dir(int dir, const char *name, struct err *err)
{
	if (fsync(dir))
		return err_errno(err, ERR_IO, "sync the directory of %s", name);
	return true;
}

static int open_dir(int at, const char *path)
{
	return openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool fs_open_dir(int *out, int at, const char *path, struct err *err)
{
	int fd = open_dir(at, path);

	if (fd < 0)
		return err_errno(err, ERR_IO, "open directory %s", path);
	*out = fd;
	return true;
}

/* After a call that failed: there is nothing of that name, or not even the directory. */
static bool is_absent(int dir)
{
	return errno == ENOENT || (dir == -1 && errno == EBADF);
}

bool fs_open_dir_optional(int *out, int at, const char *path, struct err *err)
{
	int fd = open_dir(at, path);

	if (fd < 0 && !is_absent(at))
		return err_errno(err, ERR_IO, "open directory %s", path);
	*out = fd;
	return true;
}

static bool set_attr_fd(int fd, const char *name, struct fs_attr attr, struct err *err)
{
	if ((attr.uid != FS_KEEP || attr.gid != FS_KEEP) && fchown(fd, attr.uid, attr.gid))
		return err_errno(err, ERR_IO, "set owner %d and group %d of %s", (int)attr.uid,
			(int)attr.gid, name);
	if (fchmod(fd, attr.mode))
		return err_errno(err, ERR_IO, "set mode %04o of %s", (unsigned)attr.mode, name);
	return true;
}

/* Opens the directory in which the last component of `path` is, and points at that component. */
static bool open_parent(int *out, const char **base, int at, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	*base = slash ? slash + 1 : path;
	if (!**base)
		*base = ".";
	if (!slash)
		return fs_open_dir(out, at, ".", err);
	if ((size_t)(slash - path) + 2 > sizeof(parent)) {
		errno = ENAMETOOLONG;
		return err_errno(err, ERR_IO, "open directory %s", path);
	}
	memcpy(parent, path, (size_t)(slash - path) + 1);
	parent[slash - path + 1] = '\0';
	return fs_open_dir(out, at, parent, err);
}

static bool name_dir(int dir, const char *temp, const char *name, struct err *err)
{
	if (!renameat2(dir, temp, dir, name, RENAME_NOREPLACE))
		return true;
	return err_errno(err, ERR_IO, "make directory %s", name);
}

/*
 * Under a temporary name until its permissions are right: nobody would mend those of a directory
 * whose maker was killed halfway. Somebody else's may appear meanwhile, which is as good; they may
 * even have cleaned ours away by then.
 */
static bool make_dir(int dir, const char *name, struct fs_attr attr, struct err *err)
{
	AUTO(fd) int fd = -1;
	char temp[TEMP_SIZE];

	temp_name(temp);
	if (mkdirat(dir, temp, 0700))
		return err_errno(err, ERR_IO, "make directory %s", name);
	if (fs_open_dir(&fd, dir, temp, err) && set_attr_fd(fd, name, attr, err) &&
		sync_dir(fd, name, err) && name_dir(dir, temp, name, err))
		return true;
	unlinkat(dir, temp, AT_REMOVEDIR);
	return fs_exists(dir, name);
}

bool fs_make_dir(int *out, int at, const char *path, struct fs_attr attr, struct err *err)
{
	AUTO(fd) int dir = -1;
	AUTO(fd) int fd = -1;
	const char *name;

	if (!open_parent(&dir, &name, at, path, err))
		return false;
	if (!fs_exists(dir, name) && !make_dir(dir, name, attr, err))
		return false;
	/* also when it was there: the run that made it may have died before its name was durable */
	if (!fs_open_dir(&fd, dir, name, err) || !sync_dir(dir, name, err))
		return false;
	*out = fd;
	fd = -1;
	return true;
}

static bool write_all(int fd, const char *name, const void *data, size_t len, struct err *err)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_IO, "write %s", name);
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Permissions, content and fsync: what must be true of a temporary file before it gets its name. */
static bool fill(int fd, const char *name, const void *data, size_t len, struct fs_attr attr,
	struct err *err)
{
	if (!set_attr_fd(fd, name, attr, err) || !write_all(fd, name, data, len, err))
		return false;
	if (fsync(fd))
		return err_errno(err, ERR_IO, "sync %s", name);
	return true;
}

struct file {
	const void *data;
	size_t len;
	struct fs_attr attr;
};

/* `name` is for messages. */
static bool write_temp(
	int dir, const char *temp, const char *name, const struct file *f, struct err *err)
{
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done;

	if (fd < 0)
		return err_errno(err, ERR_IO, "create %s", name);
	done = fill(fd, name, f->data, f->len, f->attr, err);
	if (close(fd) && done)
		done = err_errno(err, ERR_IO, "close %s", name);
	if (!done)
		unlinkat(dir, temp, 0);
	return done;
}

bool fs_put(int dir, const char *temp, const char *name, struct err *err)
{
	if (renameat(dir, temp, dir, name))
		return err_errno(err, ERR_IO, "rename to %s", name);
	return true;
}

bool fs_sync(int dir, const char *name, struct err *err)
{
	return sync_dir(dir, name, err);
}

bool fs_write(int dir, const char *name, const void *data, size_t len, struct fs_attr attr,
	struct err *err)
{
	char temp[TEMP_SIZE];

	temp_name(temp);
	if (!write_temp(dir, temp, name, &(struct file) { data, len, attr }, err))
		return false;
	if (!fs_put(dir, temp, name, err)) {
		unlinkat(dir, temp, 0);
		return false;
	}
	return sync_dir(dir, name, err);
}

bool fs_prepare(int dir, const char *temp, const void *data, size_t len, struct fs_attr attr,
	struct err *err)
{
	if (unlinkat(dir, temp, 0) && errno != ENOENT)
		return err_errno(err, ERR_IO, "remove %s", temp);
	return write_temp(dir, temp, temp, &(struct file) { data, len, attr }, err);
}

static bool ends_in_newline(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		return false;
	return last == '\n';
}

bool fs_append(int dir, const char *name, const char *line, struct err *err)
{
	AUTO(fd)
	int fd = openat(dir, name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, ERR_IO, "open %s", name);
	if (!ends_in_newline(fd) && !write_all(fd, name, "\n", 1, err))
		return false;
	if (!write_all(fd, name, line, strlen(line), err))
		return false;
	if (fsync(fd))
		return err_errno(err, ERR_IO, "sync %s", name);
	return sync_dir(dir, name, err);
}

static bool read_all(struct buf *out, int fd, const char *name, struct err *err)
{
	char part[8192];
	ssize_t n;

	do {
		n = read(fd, part, sizeof(part));
		if (n > 0)
			buf_add(out, part, (size_t)n);
	} while ((n > 0 && buf_ok(out)) || (n < 0 && errno == EINTR));
	explicit_bzero(part, sizeof(part));
	if (n < 0)
		return err_errno(err, ERR_IO, "read %s", name);
	if (!buf_ok(out))
		return err_set(err, ERR_IO, "read %s: more than %zu bytes", name, out->max);
	return true;
}

static bool read_at(
	struct buf *out, bool *found, int dir, const char *name, int flags, struct err *err)
{
	AUTO(fd) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	struct stat st;

	if (fd < 0 && is_absent(dir)) {
		*found = false;
		return true;
	}
	if (fd < 0 || fstat(fd, &st))
		return err_errno(err, ERR_IO, "open %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_IO, "open %s: not a regular file", name);
	*found = true;
	return read_all(out, fd, name, err);
}

bool fs_read_optional(struct buf *out, bool *found, int dir, const char *name, struct err *err)
{
	return read_at(out, found, dir, name, O_NOFOLLOW, err);
}

static bool must_exist(bool found, const char *name, struct err *err)
{
	if (found)
		return true;
	errno = ENOENT;
	return err_errno(err, ERR_IO, "open %s", name);
}

bool fs_read(struct buf *out, int dir, const char *name, struct err *err)
{
	bool found = false;

	return fs_read_optional(out, &found, dir, name, err) && must_exist(found, name, err);
}

bool fs_read_tail(struct buf *out, int dir, const char *name, struct err *err)
{
	AUTO(fd) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	const char *line;

	if (fd < 0 && is_absent(dir))
		return true;
	if (fd < 0 || fstat(fd, &st))
		return err_errno(err, ERR_IO, "open %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_IO, "open %s: not a regular file", name);
	if (st.st_size <= (off_t)out->max)
		return read_all(out, fd, name, err);
	if (lseek(fd, st.st_size - (off_t)out->max, SEEK_SET) < 0)
		return err_errno(err, ERR_IO, "read %s", name);
	if (!read_all(out, fd, name, err))
		return false;
	/* the first line was cut somewhere */
	line = memchr(out->data, '\n', out->len);
	out->len -= line ? (size_t)(line + 1 - out->data) : out->len;
	if (line)
		memmove(out->data, line + 1, out->len);
	out->data[out->len] = '\0';
	return true;
}

bool fs_read_path(struct buf *out, const char *path, struct err *err)
{
	bool found = false;

	return read_at(out, &found, AT_FDCWD, path, 0, err) && must_exist(found, path, err);
}

bool fs_exists(int dir, const char *name)
{
	return !faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

bool fs_remove(int dir, const char *name, struct err *err)
{
	if (!unlinkat(dir, name, 0))
		return sync_dir(dir, name, err);
	if (errno == ENOENT)
		return true;
	return err_errno(err, ERR_IO, "remove %s", name);
}

static bool remove_any(int dir, const char *name, struct err *err)
{
	if (!unlinkat(dir, name, 0) || errno == ENOENT)
		return true;
	if (errno != EISDIR)
		return err_errno(err, ERR_IO, "remove %s", name);
	return fs_remove_tree(dir, name, err);
}

static bool list_all(struct strlist *out, int dir, bool temps, struct err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool done = true;

	if (!stream) {
		err_errno(err, ERR_IO, "list a directory");
		fs_close(fd);
		return false;
	}
	while (done && (errno = 0, entry = readdir(stream))) {
		bool temp = !strncmp(entry->d_name, TEMP_PREFIX, sizeof(TEMP_PREFIX) - 1);

		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && (temps || !temp))
			done = strlist_add(out, entry->d_name) || err_memory(err);
	}
	if (done && errno)
		done = err_errno(err, ERR_IO, "list a directory");
	closedir(stream);
	strlist_sort(out);
	return done;
}

bool fs_list(struct strlist *out, int dir, struct err *err)
{
	return list_all(out, dir, false, err);
}

bool fs_remove_tree(int dir, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(fd) int fd = -1;

	if (!fs_open_dir_optional(&fd, dir, name, err))
		return false;
	if (fd < 0)
		return true;
	if (!list_all(&names, fd, true, err))
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (!remove_any(fd, names.item[i], err))
			return false;
	if (unlinkat(dir, name, AT_REMOVEDIR) && errno != ENOENT)
		return err_errno(err, ERR_IO, "remove directory %s", name);
	return sync_dir(dir, name, err);
}

bool fs_move(int from, const char *name, int to, const char *new_name, struct err *err)
{
	if (renameat2(from, name, to, new_name, RENAME_NOREPLACE))
		return err_errno(err, ERR_IO, "rename %s to %s", name, new_name);
	return sync_dir(to, new_name, err) && sync_dir(from, name, err);
}

bool fs_switch_link(int dir, const char *name, const char *target, struct err *err)
{
	char temp[TEMP_SIZE];

	temp_name(temp);
	if (symlinkat(target, dir, temp))
		return err_errno(err, ERR_IO, "make link %s", name);
	if (renameat(dir, temp, dir, name)) {
		err_errno(err, ERR_IO, "switch link %s", name);
		unlinkat(dir, temp, 0);
		return false;
	}
	return sync_dir(dir, name, err);
}

bool fs_read_link(char **out, int dir, const char *name, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0 && is_absent(dir)) {
		*out = NULL;
		return true;
	}
	if (n < 0)
		return err_errno(err, ERR_IO, "read link %s", name);
	*out = strndup(target, (size_t)n);
	return *out || err_memory(err);
}

bool fs_set_attr(int dir, const char *name, struct fs_attr attr, struct err *err)
{
	AUTO(fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_errno(err, ERR_IO, "open %s", name);
	return set_attr_fd(fd, name, attr, err);
}

bool fs_clean_temp(int dir, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };
	bool removed = false;

	if (!list_all(&names, dir, true, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (strncmp(names.item[i], TEMP_PREFIX, sizeof(TEMP_PREFIX) - 1))
			continue;
		if (!remove_any(dir, names.item[i], err))
			return false;
		removed = true;
	}
	return !removed || sync_dir(dir, "temporary files", err);
}

static bool is_temp_name(const char *name)
{
	const char *random = name + sizeof(TEMP_PREFIX) - 1;

	return strlen(name) == TEMP_SIZE - 1 &&
	       !strncmp(name, TEMP_PREFIX, sizeof(TEMP_PREFIX) - 1) &&
	       !random[strspn(random, "0123456789abcdef")];
}

bool fs_clean_temp_dirs(int dir, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };
	bool removed = false;

	if (!list_all(&names, dir, true, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (!is_temp_name(names.item[i]))
			continue;
		/* a file, or a directory with something in it, is not one of these */
		removed = !unlinkat(dir, names.item[i], AT_REMOVEDIR) || removed;
	}
	return !removed || sync_dir(dir, "temporary directories", err);
}

bool fs_lock(int *out, int dir, const char *name, int64_t timeout_ms, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	int64_t deadline = clock_ms() + timeout_ms;
	AUTO(fd) int fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, ERR_IO, "open lock %s", name);
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, ERR_IO, "lock %s", name);
		if (clock_ms() >= deadline)
			return err_set(err, ERR_BUSY,
				"another run holds the lock; try again when it has ended");
		nanosleep(&pause, NULL);
	}
	*out = fd;
	fd = -1;
	return true;
}

bool fs_check_space(int dir, uint64_t bytes, struct err *err)
{
	struct statvfs vfs;
	uint64_t free_bytes;

	if (fstatvfs(dir, &vfs))
		return err_errno(err, ERR_IO, "ask for free space");
	free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (free_bytes < bytes)
		return err_set(err, ERR_IO,
			"only %llu KiB free where the state lives, %llu KiB needed; make room "
			"first",
			(unsigned long long)free_bytes / 1024, (unsigned long long)bytes / 1024);
	/* file systems without a fixed inode table report 0 in all */
	if (vfs.f_files && vfs.f_favail < SPARE_INODES)
		return err_set(err, ERR_IO,
			"only %llu inodes free where the state lives, %d needed",
			(unsigned long long)vfs.f_favail, SPARE_INODES);
	return true;
}
