/* Files that survive: what is there after success, and that a failure changes nothing. */
#include "base/fs.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tempdir.h"

#define OTHER_ID 12345

static int dir_of(void **state)
{
	return ((struct tempdir *)*state)->fd;
}

static void put(int dir, const char *name, const char *text)
{
	struct err err = { 0 };

	if (!fs_write(dir, name, text, strlen(text), FS_ATTR(0600), &err))
		fail_msg("%s", err.text);
}

static void assert_content(int dir, const char *name, const char *expected)
{
	AUTO(buf) struct buf b = BUF(4096);
	struct err err = { 0 };

	if (!fs_read(&b, dir, name, &err))
		fail_msg("%s", err.text);
	assert_string_equal(buf_str(&b), expected);
}

static struct stat stat_of(int dir, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* Everything in the directory, temporary files too, as "a b c". */
static void assert_names(int dir, const char *expected)
{
	AUTO(buf) struct buf b = BUF(4096);
	struct dirent **entry = NULL;
	int n = scandirat(dir, ".", &entry, not_dots, alphasort);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		buf_addf(&b, "%s%s", i ? " " : "", entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	assert_string_equal(buf_str(&b), expected);
}

static void assert_listed(int dir, const char *expected)
{
	AUTO(strlist) struct strlist names = { 0 };
	AUTO(buf) struct buf b = BUF(4096);
	struct err err;

	assert_true(fs_list(&names, dir, &err));
	strlist_join(&b, &names, " ");
	assert_string_equal(buf_str(&b), expected);
}

static void assert_failed(bool ok, const struct err *err, enum err_kind kind, const char *text)
{
	assert_false(ok);
	assert_int_equal(err->kind, kind);
	if (!strstr(err->text, text))
		fail_msg("'%s' does not say '%s'", err->text, text);
}

static void writes_and_replaces(void **state)
{
	int dir = dir_of(state);
	struct err err;

	put(dir, "a", "one");
	assert_content(dir, "a", "one");
	put(dir, "a", "two, longer");
	assert_content(dir, "a", "two, longer");
	assert_true(fs_write(dir, "empty", NULL, 0, FS_ATTR(0600), &err));
	assert_content(dir, "empty", "");
	assert_names(dir, "a empty");
}

static void sets_mode_owner_and_group_whatever_the_umask(void **state)
{
	struct fs_attr attr = { .mode = 0640, .uid = FS_KEEP, .gid = FS_KEEP };
	int dir = dir_of(state);
	mode_t old = umask(0777);
	struct err err;

	assert_true(fs_write(dir, "a", "x", 1, attr, &err));
	umask(0);
	assert_true(fs_write(dir, "b", "x", 1, FS_ATTR(0600), &err));
	umask(old);
	assert_int_equal(stat_of(dir, "a").st_mode, S_IFREG | 0640);
	assert_int_equal(stat_of(dir, "b").st_mode, S_IFREG | 0600);
	assert_int_equal(stat_of(dir, "a").st_uid, geteuid());
	if (geteuid())
		return;
	attr.uid = OTHER_ID;
	assert_true(fs_write(dir, "a", "x", 1, attr, &err));
	assert_int_equal(stat_of(dir, "a").st_uid, OTHER_ID);
	assert_int_equal(stat_of(dir, "a").st_gid, getegid());
	attr.gid = OTHER_ID;
	assert_true(fs_set_attr(dir, "b", attr, &err));
	assert_int_equal(stat_of(dir, "b").st_gid, OTHER_ID);
	assert_int_equal(stat_of(dir, "b").st_mode, S_IFREG | 0640);
}

static void an_unwritable_directory_keeps_its_files(void **state)
{
	int dir = dir_of(state);
	bool ok;
	struct err err = { 0 };

	put(dir, "a", "old");
	assert_int_equal(fchmod(dir, 0555), 0);
	if (!geteuid())
		assert_int_equal(seteuid(OTHER_ID), 0);
	ok = fs_write(dir, "a", "new", 3, FS_ATTR(0600), &err);
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(fchmod(dir, 0700), 0);
	assert_failed(ok, &err, ERR_IO, "create a: Permission denied");
	assert_content(dir, "a", "old");
	assert_names(dir, "a");
}

static void a_directory_in_the_way_is_left_alone(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_int_equal(mkdirat(dir, "a", 0700), 0);
	assert_failed(fs_write(dir, "a", "x", 1, FS_ATTR(0600), &err), &err, ERR_IO,
		"rename to a: Is a directory");
	assert_true(S_ISDIR(stat_of(dir, "a").st_mode));
	assert_names(dir, "a");
}

static void writing_replaces_a_link_not_its_target(void **state)
{
	int dir = dir_of(state);

	put(dir, "target", "old");
	assert_int_equal(symlinkat("target", dir, "link"), 0);
	put(dir, "link", "new");
	assert_content(dir, "target", "old");
	assert_content(dir, "link", "new");
	assert_true(S_ISREG(stat_of(dir, "link").st_mode));
}

static void an_impossible_owner_leaves_nothing(void **state)
{
	const struct fs_attr attr = { .mode = 0600, .uid = 0, .gid = 0 };
	int dir = dir_of(state);
	bool ok;
	struct err err = { 0 };

	assert_int_equal(fchmod(dir, 0777), 0);
	if (!geteuid())
		assert_int_equal(seteuid(OTHER_ID), 0);
	ok = fs_write(dir, "a", "x", 1, attr, &err);
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_failed(ok, &err, ERR_IO, "set owner 0 and group 0 of a");
	assert_names(dir, "");
}

static void appends_whole_lines(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_true(fs_append(dir, "log", "one\n", &err));
	assert_true(fs_append(dir, "log", "two\n", &err));
	assert_content(dir, "log", "one\ntwo\n");
	assert_int_equal(stat_of(dir, "log").st_mode, S_IFREG | 0600);
	put(dir, "log", "one\ntor");
	assert_true(fs_append(dir, "log", "two\n", &err));
	assert_content(dir, "log", "one\ntor\ntwo\n");
	put(dir, "log", "");
	assert_true(fs_append(dir, "log", "one\n", &err));
	assert_content(dir, "log", "one\n");
	assert_int_equal(symlinkat("log", dir, "link"), 0);
	assert_failed(fs_append(dir, "link", "x\n", &err), &err, ERR_IO, "open link");
	assert_content(dir, "log", "one\n");
}

static void reads_within_a_limit(void **state)
{
	AUTO(buf) struct buf exact = BUF(5);
	AUTO(buf) struct buf small = BUF(4);
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "a", "12345");
	assert_true(fs_read(&exact, dir, "a", &err));
	assert_string_equal(buf_str(&exact), "12345");
	assert_failed(fs_read(&small, dir, "a", &err), &err, ERR_IO, "read a: more than 4 bytes");
}

static void reads_only_regular_files(void **state)
{
	AUTO(buf) struct buf b = BUF(100);
	int dir = dir_of(state);
	bool found = true;
	struct err err = { 0 };
	char path[128];

	assert_failed(fs_read(&b, dir, "none", &err), &err, ERR_IO, "open none: No such file");
	assert_true(fs_read_optional(&b, &found, dir, "none", &err));
	assert_false(found);
	put(dir, "a", "text");
	assert_true(fs_read_optional(&b, &found, dir, "a", &err));
	assert_true(found);
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_failed(fs_read(&b, dir, "link", &err), &err, ERR_IO, "open link");
	assert_failed(fs_read(&b, dir, "fifo", &err), &err, ERR_IO, "fifo: not a regular file");
	assert_failed(fs_read(&b, dir, "sub", &err), &err, ERR_IO, "sub: not a regular file");
	buf_reset(&b);
	assert_true(fs_read_path(&b, tempdir_path(path, *state, "link"), &err));
	assert_string_equal(buf_str(&b), "text");
	assert_failed(fs_read_path(&b, tempdir_path(path, *state, "none"), &err), &err, ERR_IO,
		"No such file");
}

static void makes_directories(void **state)
{
	AUTO(fd) int one = -1;
	AUTO(fd) int again = -1;
	AUTO(fd) int by_path = -1;
	int none = -1;
	int dir = dir_of(state);
	mode_t old = umask(0777);
	struct err err = { 0 };
	char path[128];

	assert_true(fs_make_dir(&one, dir, "one", FS_ATTR(0711), &err));
	umask(old);
	assert_int_equal(stat_of(dir, "one").st_mode, S_IFDIR | 0711);
	put(one, "a", "x");
	assert_true(fs_make_dir(&again, dir, "one", FS_ATTR(0700), &err));
	assert_int_equal(stat_of(dir, "one").st_mode, S_IFDIR | 0711);
	assert_content(again, "a", "x");
	tempdir_path(path, *state, "two");
	assert_true(fs_make_dir(&by_path, AT_FDCWD, path, FS_ATTR(0755), &err));
	assert_int_equal(stat_of(dir, "two").st_mode, S_IFDIR | 0755);
	tempdir_path(path, *state, "two/");
	fs_close(by_path);
	assert_true(fs_make_dir(&by_path, AT_FDCWD, path, FS_ATTR(0700), &err));
	assert_int_equal(stat_of(dir, "two").st_mode, S_IFDIR | 0755);
	put(dir, "file", "x");
	assert_int_equal(symlinkat("one", dir, "link"), 0);
	assert_failed(fs_make_dir(&none, dir, "file", FS_ATTR(0700), &err), &err, ERR_IO,
		"file: Not a directory");
	assert_failed(fs_make_dir(&none, dir, "link", FS_ATTR(0700), &err), &err, ERR_IO, "link");
	assert_failed(fs_make_dir(&none, AT_FDCWD, tempdir_path(path, *state, "no/where"),
			      FS_ATTR(0700), &err),
		&err, ERR_IO, "No such file");
	assert_int_equal(none, -1);
	assert_names(dir, "file link one two");
}

/* As a user who may not look into the directory: 0 when that is told as a failure. */
static int look_as_nobody(int dir)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (!pid) {
		struct err err;
		int fd;

		if (setresgid(OTHER_ID, OTHER_ID, OTHER_ID) ||
			setresuid(OTHER_ID, OTHER_ID, OTHER_ID))
			_exit(2);
		_exit(fs_open_dir_optional(&fd, dir, "sub", &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void tells_an_absent_directory_from_one_out_of_reach(void **state)
{
	int dir = dir_of(state);
	AUTO(fd) int fd = 0;
	struct err err = { 0 };

	assert_true(fs_open_dir_optional(&fd, dir, "sub", &err));
	assert_int_equal(fd, -1);
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	put(dir, "file", "x");
	assert_failed(fs_open_dir_optional(&fd, dir, "file", &err), &err, ERR_IO, "file");
	if (!geteuid())
		assert_int_equal(look_as_nobody(dir), 0);
	assert_true(fs_open_dir_optional(&fd, dir, "sub", &err));
	assert_true(fd >= 0);
}

static void opens_directories_but_no_links(void **state)
{
	AUTO(fd) int fd = -1;
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_int_equal(symlinkat("sub", dir, "link"), 0);
	put(dir, "file", "x");
	assert_true(fs_open_dir(&fd, dir, "sub", &err));
	assert_failed(fs_open_dir(&fd, dir, "link", &err), &err, ERR_IO, "open directory link");
	assert_failed(fs_open_dir(&fd, dir, "file", &err), &err, ERR_IO, "open directory file");
	assert_failed(fs_open_dir(&fd, dir, "none", &err), &err, ERR_IO, "open directory none");
}

static void removes_files_and_links(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "a", "x");
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	assert_true(fs_exists(dir, "link"));
	assert_true(fs_remove(dir, "link", &err));
	assert_true(fs_exists(dir, "a"));
	assert_true(fs_remove(dir, "a", &err));
	assert_true(fs_remove(dir, "a", &err));
	assert_false(fs_exists(dir, "a"));
	assert_int_equal(symlinkat("nowhere", dir, "dangling"), 0);
	assert_true(fs_exists(dir, "dangling"));
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_failed(fs_remove(dir, "sub", &err), &err, ERR_IO, "remove sub");
}

static void removes_a_tree_and_nothing_beside_it(void **state)
{
	AUTO(fd) int deep = -1;
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "outside", "kept");
	assert_int_equal(mkdirat(dir, "keep", 0700), 0);
	assert_int_equal(mkdirat(dir, "tree", 0700), 0);
	assert_int_equal(mkdirat(dir, "tree/sub", 0700), 0);
	assert_true(fs_open_dir(&deep, dir, "tree/sub", &err));
	put(deep, "a", "x");
	put(deep, ".hidden", "x");
	assert_int_equal(symlinkat("../../outside", deep, "link"), 0);
	assert_int_equal(symlinkat("../../keep", deep, "dirlink"), 0);
	assert_int_equal(mkdirat(deep, ".tmp-0123456789abcdef", 0700), 0);
	assert_int_equal(symlinkat("tree", dir, "treelink"), 0);
	assert_failed(fs_remove_tree(dir, "treelink", &err), &err, ERR_IO, "treelink");
	assert_true(fs_remove_tree(dir, "tree", &err));
	assert_true(fs_remove_tree(dir, "tree", &err));
	assert_names(dir, "keep outside treelink");
	assert_content(dir, "outside", "kept");
}

static void moves_without_replacing(void **state)
{
	AUTO(fd) int sub = -1;
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_true(fs_make_dir(&sub, dir, "sub", FS_ATTR(0700), &err));
	put(dir, "a", "a");
	put(sub, "b", "b");
	assert_failed(
		fs_move(dir, "a", sub, "b", &err), &err, ERR_IO, "rename a to b: File exists");
	assert_content(dir, "a", "a");
	assert_content(sub, "b", "b");
	assert_true(fs_move(dir, "a", sub, "c", &err));
	assert_content(sub, "c", "a");
	assert_false(fs_exists(dir, "a"));
	assert_failed(fs_move(dir, "a", sub, "d", &err), &err, ERR_IO, "No such file");
}

static void switches_a_link_in_one_step(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };
	AUTO_STR char *none = NULL;
	AUTO_STR char *first = NULL;
	AUTO_STR char *second = NULL;
	char *not_a_link = NULL;

	assert_true(fs_read_link(&none, dir, "live", &err));
	assert_null(none);
	assert_true(fs_switch_link(dir, "live", "gen/1", &err));
	assert_true(fs_read_link(&first, dir, "live", &err));
	assert_string_equal(first, "gen/1");
	assert_true(fs_switch_link(dir, "live", "gen/2", &err));
	assert_true(fs_read_link(&second, dir, "live", &err));
	assert_string_equal(second, "gen/2");
	assert_names(dir, "live");
	put(dir, "file", "x");
	assert_failed(fs_read_link(&not_a_link, dir, "file", &err), &err, ERR_IO, "read link file");
	assert_int_equal(mkdirat(dir, "sub", 0700), 0);
	assert_failed(fs_switch_link(dir, "sub", "gen/3", &err), &err, ERR_IO, "switch link sub");
	assert_names(dir, "file live sub");
}

static void sets_no_permissions_through_a_link(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "a", "x");
	assert_int_equal(symlinkat("a", dir, "link"), 0);
	assert_failed(fs_set_attr(dir, "link", FS_ATTR(0666), &err), &err, ERR_IO, "open link");
	assert_int_equal(stat_of(dir, "a").st_mode, S_IFREG | 0600);
	assert_true(fs_set_attr(dir, "a", FS_ATTR(0400), &err));
	assert_int_equal(stat_of(dir, "a").st_mode, S_IFREG | 0400);
}

static void cleans_what_a_killed_run_left(void **state)
{
	static const char *const left[] = { ".tmp-0123456789abcdef", ".tmp-x" };
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "a", "x");
	put(dir, ".hidden", "x");
	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		put(dir, left[i], "half");
	assert_int_equal(symlinkat("a", dir, ".tmp-link"), 0);
	assert_int_equal(mkdirat(dir, ".tmp-dir", 0700), 0);
	assert_listed(dir, ".hidden a");
	assert_true(fs_clean_temp(dir, &err));
	assert_names(dir, ".hidden a");
}

/* What a run does that finds no state directory: make it, and clean it as soon as it is there. */
static pid_t make_and_clean(int dir)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct err err;
		int fd;

		_exit(!fs_make_dir(&fd, dir, "made", FS_ATTR(0700), &err) ||
			!fs_clean_temp(dir, &err));
	}
	return pid;
}

static void several_may_make_and_clean_at_once(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	for (int round = 0; round < 200; round++) {
		pid_t pid[4];

		for (size_t i = 0; i < ARRAY_LEN(pid); i++)
			pid[i] = make_and_clean(dir);
		for (size_t i = 0; i < ARRAY_LEN(pid); i++) {
			int status = -1;

			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_int_equal(status, 0);
		}
		assert_true(fs_remove_tree(dir, "made", &err));
	}
	assert_names(dir, "");
}

static pid_t lock_in_a_child(int dir)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct err err;
		int fd;

		close(ready[0]);
		if (!fs_lock(&fd, dir, "lock", 0, &err) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void a_lock_keeps_another_process_out_and_dies_with_it(void **state)
{
	AUTO(fd) int mine = -1;
	int fd = -1;
	int dir = dir_of(state);
	pid_t pid = lock_in_a_child(dir);
	struct err err = { 0 };

	assert_failed(fs_lock(&fd, dir, "lock", 0, &err), &err, ERR_BUSY, "another run");
	assert_failed(fs_lock(&fd, dir, "lock", 120, &err), &err, ERR_BUSY, "another run");
	assert_int_equal(fd, -1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(fs_lock(&mine, dir, "lock", 0, &err));
	assert_true(fs_exists(dir, "lock"));
	assert_int_equal(stat_of(dir, "lock").st_mode, S_IFREG | 0600);
}

static void a_lock_is_waited_for(void **state)
{
	AUTO(fd) int mine = -1;
	int dir = dir_of(state);
	pid_t holder = lock_in_a_child(dir);
	pid_t killer = fork();
	struct err err = { 0 };

	assert_true(killer >= 0);
	if (!killer) {
		usleep(100 * 1000);
		kill(holder, SIGKILL);
		_exit(0);
	}
	assert_true(fs_lock(&mine, dir, "lock", 60000, &err));
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(waitpid(killer, NULL, 0), killer);
}

static void a_lock_is_no_link(void **state)
{
	int fd = -1;
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "a", "x");
	assert_int_equal(symlinkat("a", dir, "lock"), 0);
	assert_failed(fs_lock(&fd, dir, "lock", 0, &err), &err, ERR_IO, "open lock lock");
}

static void trusts_what_only_we_can_change(void **state)
{
	static const struct {
		mode_t dir;
		mode_t file;
		bool good;
	} rows[] = {
		{ 0755, 0644, true },
		{ 0700, 0755, true },
		{ 0755, 0664, false },
		{ 0755, 0646, false },
		{ 0775, 0644, false },
		{ 0757, 0644, false },
		{ 01777, 0644, true },
	};
	const struct tempdir *t = *state;
	char path[128];
	struct err err = { 0 };

	put(t->fd, "hook", "#!/bin/sh\n");
	tempdir_path(path, t, "hook");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(chmod(t->path, rows[i].dir), 0);
		assert_int_equal(chmod(path, rows[i].file), 0);
		if (rows[i].good)
			assert_true(fs_check_trusted(path, "hook", &err));
		else
			assert_failed(fs_check_trusted(path, "hook", &err), &err, ERR_CONFIG,
				"can be changed by others");
	}
	assert_failed(fs_check_trusted("/nonexistent/hook", "hook", &err), &err, ERR_CONFIG,
		"hook /nonexistent/hook: No such file");
	if (geteuid())
		return;
	assert_int_equal(chmod(t->path, 0755), 0);
	assert_int_equal(chown(path, OTHER_ID, 0), 0);
	assert_failed(fs_check_trusted(path, "hook", &err), &err, ERR_CONFIG, "uid 12345");
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chown(t->path, OTHER_ID, 0), 0);
	assert_failed(fs_check_trusted(path, "hook", &err), &err, ERR_CONFIG, "uid 12345");
	assert_int_equal(chown(t->path, 0, 0), 0);
}

static void trust_looks_behind_links(void **state)
{
	char file[128];
	char link[128];
	char loop[128];
	int dir = dir_of(state);
	struct err err = { 0 };

	put(dir, "hook", "x");
	tempdir_path(file, *state, "hook");
	tempdir_path(link, *state, "link");
	assert_int_equal(symlinkat("hook", dir, "link"), 0);
	assert_true(fs_check_trusted(link, "hook", &err));
	assert_int_equal(chmod(file, 0666), 0);
	assert_failed(fs_check_trusted(link, "hook", &err), &err, ERR_CONFIG, "mode 0666");
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(symlinkat("loop", dir, "loop"), 0);
	tempdir_path(loop, *state, "loop");
	assert_failed(fs_check_trusted(loop, "hook", &err), &err, ERR_CONFIG, "Too many levels");
	if (geteuid())
		return;
	/* who made the link chose the file */
	assert_int_equal(lchown(link, OTHER_ID, OTHER_ID), 0);
	assert_failed(fs_check_trusted(link, "hook", &err), &err, ERR_CONFIG, "uid 12345");
}

static void knows_whether_there_is_room(void **state)
{
	int dir = dir_of(state);
	struct err err = { 0 };

	assert_true(fs_check_space(dir, 1, &err));
	assert_failed(fs_check_space(dir, UINT64_MAX, &err), &err, ERR_IO, "KiB free");
}

/* fs_open_dir_optional() says -1, and whoever looks below finds nothing, too. */
static void finds_nothing_in_what_is_absent(void **state)
{
	AUTO(buf) struct buf text = BUF(100);
	AUTO_STR char *target = NULL;
	struct err err = { 0 };
	bool found = true;
	int dir = 0;

	(void)state;
	assert_true(fs_open_dir_optional(&dir, -1, "x", &err));
	assert_int_equal(dir, -1);
	assert_true(fs_read_optional(&text, &found, -1, "x", &err));
	assert_false(found);
	assert_true(fs_read_tail(&text, -1, "x", &err));
	assert_int_equal(text.len, 0);
	assert_true(fs_read_link(&target, -1, "x", &err));
	assert_null(target);
	assert_false(fs_exists(-1, "x"));
	assert_false(fs_read(&text, -1, "x", &err));
	assert_false(fs_write(-1, "x", "", 0, FS_ATTR(0600), &err));
	assert_false(fs_open_dir(&dir, -1, "x", &err));
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, tempdir_setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(writes_and_replaces),
		IN_DIR(sets_mode_owner_and_group_whatever_the_umask),
		IN_DIR(an_unwritable_directory_keeps_its_files),
		IN_DIR(a_directory_in_the_way_is_left_alone),
		IN_DIR(writing_replaces_a_link_not_its_target),
		IN_DIR(an_impossible_owner_leaves_nothing),
		IN_DIR(appends_whole_lines),
		IN_DIR(reads_within_a_limit),
		IN_DIR(reads_only_regular_files),
		cmocka_unit_test(finds_nothing_in_what_is_absent),
		IN_DIR(makes_directories),
		IN_DIR(opens_directories_but_no_links),
		IN_DIR(tells_an_absent_directory_from_one_out_of_reach),
		IN_DIR(removes_files_and_links),
		IN_DIR(removes_a_tree_and_nothing_beside_it),
		IN_DIR(moves_without_replacing),
		IN_DIR(switches_a_link_in_one_step),
		IN_DIR(sets_no_permissions_through_a_link),
		IN_DIR(cleans_what_a_killed_run_left),
		IN_DIR(several_may_make_and_clean_at_once),
		IN_DIR(a_lock_keeps_another_process_out_and_dies_with_it),
		IN_DIR(a_lock_is_waited_for),
		IN_DIR(a_lock_is_no_link),
		IN_DIR(trusts_what_only_we_can_change),
		IN_DIR(trust_looks_behind_links),
		IN_DIR(knows_whether_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
