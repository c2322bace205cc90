/* The directory of hints: one file a certificate, and a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "tempdir.h"
#include "webhook/spool.h"

static int open_spool(const struct tempdir *t)
{
	struct err err = { 0 };
	char path[128];
	int dir = -1;

	if (!spool_open(&dir, tempdir_path(path, t, "hints"), &err))
		fail_msg("%s", err.text);
	return dir;
}

static enum spool_end add(int dir, uint64_t id)
{
	enum spool_end end = SPOOL_FULL;
	struct err err = { 0 };

	if (!spool_add(&end, dir, id, &err))
		fail_msg("%s", err.text);
	return end;
}

static size_t count(int dir)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err err = { 0 };

	assert_true(fs_list(&names, dir, &err));
	return names.n;
}

static void makes_its_directory(void **state)
{
	AUTO(fd) int dir = open_spool(*state);
	AUTO(fd) int again = open_spool(*state);
	struct stat st;

	assert_int_equal(fstat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(again >= 0);
}

static void refuses_a_link(void **state)
{
	struct tempdir *t = *state;
	struct err err = { 0 };
	char path[128];
	int dir;

	assert_true(fs_switch_link(t->fd, "hints", "/tmp", &err));
	assert_false(spool_open(&dir, tempdir_path(path, t, "hints"), &err));
}

static void once_each(void **state)
{
	AUTO(fd) int dir = open_spool(*state);
	struct stat st;

	assert_int_equal(add(dir, 1), SPOOL_NEW);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(add(dir, 1), SPOOL_KNOWN);
	assert_int_equal(add(dir, INT64_MAX), SPOOL_NEW);
	assert_int_equal(count(dir), 2);
	assert_int_equal(fstatat(dir, "9223372036854775807", &st, 0), 0);
	assert_int_equal(st.st_size, 0);
}

static void does_not_grow(void **state)
{
	AUTO(fd) int dir = open_spool(*state);
	struct err err = { 0 };

	for (uint64_t id = 1; id <= SPOOL_MAX; id++)
		assert_int_equal(add(dir, id), SPOOL_NEW);
	for (uint64_t id = SPOOL_MAX + 1; id < 2 * SPOOL_MAX; id++)
		assert_int_equal(add(dir, id), SPOOL_FULL);
	assert_int_equal(add(dir, 1), SPOOL_KNOWN);
	assert_int_equal(count(dir), SPOOL_MAX);
	assert_true(fs_remove(dir, "7", &err));
	assert_int_equal(add(dir, 1000), SPOOL_NEW);
}

static void says_when_it_can_not(void **state)
{
	struct tempdir *t = *state;
	AUTO(fd) int dir = open_spool(t);
	enum spool_end end;
	struct err err = { 0 };

	assert_true(fs_remove_tree(t->fd, "hints", &err));
	assert_false(spool_add(&end, dir, 1, &err));
	assert_int_equal(err.kind, ERR_IO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(makes_its_directory),
		TEST(refuses_a_link),
		TEST(once_each),
		TEST(does_not_grow),
		TEST(says_when_it_can_not),
	};

	return cmocka_run_group_tests_name("webhook/spool", tests, NULL, NULL);
}
