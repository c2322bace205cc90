#include "point.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/auto.h"

/*
 * PATH: argument `arg` is a path. FD: a descriptor, any file. DATA: a descriptor, counted for
 * regular files and sockets. SOCKET: a descriptor. OPEN: a path, counted by the flags in the next
 * argument. `length` is the argument that holds how much is written, -1 when there is none to
 * halve.
 */
enum about { PATH, FD, DATA, SOCKET, OPEN, OPEN2, CREATE };

static const struct row {
	long number;
	const char *name;
	enum about about;
	int arg;
	int length;
} rows[] = {
#define ROW(name, about, arg, length)                                                              \
	{                                                                                          \
		SYS_##name, #name, about, arg, length                                              \
	}
	ROW(open, OPEN, 0, -1),
	ROW(openat, OPEN, 1, -1),
	ROW(openat2, OPEN2, 1, -1),
	ROW(creat, CREATE, 0, -1),
	ROW(write, DATA, 0, 2),
	ROW(pwrite64, DATA, 0, 2),
	ROW(writev, DATA, 0, -1),
	ROW(pwritev, DATA, 0, -1),
	ROW(pwritev2, DATA, 0, -1),
	ROW(copy_file_range, DATA, 2, 4),
	ROW(sendfile, DATA, 0, 3),
	ROW(splice, DATA, 2, 4),
	ROW(sendto, SOCKET, 0, 2),
	ROW(sendmsg, SOCKET, 0, -1),
	ROW(sendmmsg, SOCKET, 0, -1),
	ROW(rename, PATH, 1, -1),
	ROW(renameat, PATH, 3, -1),
	ROW(renameat2, PATH, 3, -1),
	ROW(link, PATH, 1, -1),
	ROW(linkat, PATH, 3, -1),
	ROW(symlink, PATH, 1, -1),
	ROW(symlinkat, PATH, 2, -1),
	ROW(unlink, PATH, 0, -1),
	ROW(unlinkat, PATH, 1, -1),
	ROW(mkdir, PATH, 0, -1),
	ROW(mkdirat, PATH, 1, -1),
	ROW(mknod, PATH, 0, -1),
	ROW(mknodat, PATH, 1, -1),
	ROW(rmdir, PATH, 0, -1),
	ROW(chmod, PATH, 0, -1),
	ROW(fchmod, FD, 0, -1),
	ROW(fchmodat, PATH, 1, -1),
	ROW(chown, PATH, 0, -1),
	ROW(lchown, PATH, 0, -1),
	ROW(fchown, FD, 0, -1),
	ROW(fchownat, PATH, 1, -1),
	ROW(truncate, PATH, 0, -1),
	ROW(ftruncate, FD, 0, -1),
	ROW(fallocate, FD, 0, -1),
	ROW(utimensat, PATH, 1, -1),
	ROW(setxattr, PATH, 0, -1),
	ROW(fsetxattr, FD, 0, -1),
	ROW(fsync, FD, 0, -1),
	ROW(fdatasync, FD, 0, -1),
	ROW(sync_file_range, FD, 0, -1),
	ROW(syncfs, FD, 0, -1),
#undef ROW
};

static size_t read_memory(void *out, size_t size, pid_t tid, unsigned long long address)
{
	struct iovec local = { .iov_base = out, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
	ssize_t n = process_vm_readv(tid, &local, 1, &remote, 1, 0);

	return n < 0 ? 0 : (size_t)n;
}

/* Page by page: the string may end just before memory that is not there. */
static void read_string(char *out, size_t size, pid_t tid, unsigned long long address)
{
	size_t len = 0;

	out[0] = '\0';
	while (len < size - 1) {
		size_t part = 4096 - (address + len) % 4096;
		size_t n;

		if (part > size - 1 - len)
			part = size - 1 - len;
		n = read_memory(out + len, part, tid, address + len);
		out[len + n] = '\0';
		if (n < part || strlen(out) < len + n)
			return;
		len += n;
	}
}

static bool is_ours(const struct stat *st)
{
	struct stat own;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &own) && own.st_dev == st->st_dev && own.st_ino == st->st_ino)
			return true;
	return false;
}

/* What can't be looked at is counted: a point too many does no harm. */
static bool descriptor_counts(
	char *detail, size_t size, pid_t tid, unsigned long long fd, enum about about)
{
	char link[64];
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, (int)fd);
	n = readlink(link, detail, size - 1);
	detail[n < 0 ? 0 : n] = '\0';
	if (stat(link, &st))
		return true;
	if (about == DATA)
		return (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode)) && !is_ours(&st);
	return about == FD || S_ISSOCK(st.st_mode);
}

static bool open_counts(const char *path, unsigned long long flags)
{
	static const char *const elsewhere[] = { "/dev/", "/proc/", "/sys/" };

	for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
		if (!strncmp(path, elsewhere[i], strlen(elsewhere[i])))
			return false;
	return (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
}

static bool row_counts(
	struct point *out, const struct row *row, pid_t tid, const unsigned long long *arg)
{
	struct open_how how = { 0 };

	if (row->about == DATA || row->about == FD || row->about == SOCKET)
		return descriptor_counts(
			out->detail, sizeof(out->detail), tid, arg[row->arg], row->about);
	read_string(out->detail, sizeof(out->detail), tid, arg[row->arg]);
	if (row->about == OPEN)
		return open_counts(out->detail, arg[row->arg + 1]);
	if (row->about == OPEN2) {
		read_memory(&how, sizeof(how), tid, arg[row->arg + 1]);
		return open_counts(out->detail, how.flags);
	}
	return true;
}

bool point_at(struct point *out, pid_t tid, const struct ptrace_syscall_info *info)
{
	unsigned long long arg[6];

	for (size_t i = 0; i < ARRAY_LEN(arg); i++)
		arg[i] = info->entry.args[i];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((long)info->entry.nr != rows[i].number)
			continue;
		if (!row_counts(out, &rows[i], tid, arg))
			return false;
		out->call = rows[i].name;
		out->length_arg = rows[i].length;
		out->length = rows[i].length < 0 ? 0 : arg[rows[i].length];
		return true;
	}
	return false;
}

void point_comm(char out[static 32], pid_t tid)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, out, 31);
		close(fd);
	}
	out[n > 0 ? n - 1 : 0] = '\0';
}
