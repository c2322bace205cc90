/* A full disk: no space, no inodes. On a small tmpfs in a mount namespace of its own; needs root.
 */
#include "base/fs.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tempdir.h"

#define DISK_BYTES (128 * 1024)

static int mount_disk(void **state, const char *options)
{
	struct tempdir *t;

	if (tempdir_setup(state))
		return -1;
	t = *state;
	close(t->fd);
	if (mount("none", t->path, "tmpfs", 0, options))
		return -1;
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t->fd < 0 ? -1 : 0;
}

static int small_disk(void **state)
{
	return mount_disk(state, "size=128k");
}

static int few_inodes(void **state)
{
	return mount_disk(state, "size=1m,nr_inodes=4");
}

static int unmount_disk(void **state)
{
	struct tempdir *t = *state;

	close(t->fd);
	t->fd = -1;
	if (umount(t->path))
		return -1;
	return tempdir_teardown(state);
}

static void assert_content(int dir, const char *name, size_t len)
{
	AUTO(buf) struct buf b = BUF(2 * DISK_BYTES);
	struct err err = { 0 };

	if (!fs_read(&b, dir, name, &err))
		fail_msg("%s", err.text);
	assert_int_equal(b.len, len);
}

static void nothing_changes_without_space(void **state)
{
	static const char big[DISK_BYTES];
	int dir = ((struct tempdir *)*state)->fd;
	AUTO(strlist) struct strlist names = { 0 };
	struct err err = { 0 };

	assert_true(fs_write(dir, "a", "old", 3, FS_ATTR(0600), &err));
	assert_false(fs_write(dir, "a", big, sizeof(big), FS_ATTR(0600), &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_string_equal(err.text, "write a: No space left on device");
	assert_content(dir, "a", 3);
	assert_false(fs_check_space(dir, DISK_BYTES, &err));
	assert_non_null(strstr(err.text, "128 KiB needed"));
	/* what the failed attempt took is free again */
	assert_true(fs_write(dir, "b", big, sizeof(big) / 2, FS_ATTR(0600), &err));
	assert_true(fs_list(&names, dir, &err));
	assert_int_equal(names.n, 2);
}

static void a_line_cut_by_a_full_disk_is_ended_later(void **state)
{
	static char fill[DISK_BYTES - 8192];
	char line[8193];
	int dir = ((struct tempdir *)*state)->fd;
	AUTO(buf) struct buf b = BUF(2 * DISK_BYTES);
	struct err err = { 0 };

	memset(line, 'x', sizeof(line) - 2);
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	assert_true(fs_append(dir, "log", "one\n", &err));
	assert_true(fs_write(dir, "fill", fill, sizeof(fill), FS_ATTR(0600), &err));
	assert_false(fs_append(dir, "log", line, &err));
	assert_string_equal(err.text, "write log: No space left on device");
	assert_true(fs_remove(dir, "fill", &err));
	assert_true(fs_append(dir, "log", "two\n", &err));
	assert_true(fs_read(&b, dir, "log", &err));
	assert_memory_equal(b.data, "one\nxxx", 7);
	assert_string_equal(b.data + b.len - 6, "x\ntwo\n");
}

static void nothing_changes_without_inodes(void **state)
{
	int dir = ((struct tempdir *)*state)->fd;
	int fd = -1;
	struct err err = { 0 };

	assert_false(fs_check_space(dir, 1, &err));
	assert_non_null(strstr(err.text, "inodes free"));
	assert_true(fs_write(dir, "a", "a", 1, FS_ATTR(0600), &err));
	assert_true(fs_write(dir, "b", "b", 1, FS_ATTR(0600), &err));
	assert_true(fs_write(dir, "c", "c", 1, FS_ATTR(0600), &err));
	assert_false(fs_write(dir, "a", "new", 3, FS_ATTR(0600), &err));
	assert_string_equal(err.text, "create a: No space left on device");
	assert_false(fs_make_dir(&fd, dir, "d", FS_ATTR(0700), &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_false(fs_switch_link(dir, "link", "a", &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_content(dir, "a", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nothing_changes_without_space, small_disk, unmount_disk),
		cmocka_unit_test_setup_teardown(
			a_line_cut_by_a_full_disk_is_ended_later, small_disk, unmount_disk),
		cmocka_unit_test_setup_teardown(
			nothing_changes_without_inodes, few_inodes, unmount_disk),
	};

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		fputs("SKIPPED: no mount namespace for a full disk: run as root\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
