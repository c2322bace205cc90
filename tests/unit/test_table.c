/* Rows on disk: what was written comes back, and a damaged file is as good as none. */
#include "agent/table.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char path[64];
	int dir;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct err err = { 0 };

	assert_non_null(p);
	snprintf(p->path, sizeof(p->path), "/tmp/scm-test-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	assert_true(fs_open_dir(&p->dir, AT_FDCWD, p->path, &err));
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	struct err err = { 0 };

	assert_true(fs_remove(p->dir, "t", &err));
	close(p->dir);
	assert_int_equal(rmdir(p->path), 0);
	free(p);
	return 0;
}

static void comes_back(void **state)
{
	static const char *const cells[] = { "1", "", "a b=c", "", "", "\xc3\xa9" };
	struct place *p = *state;
	AUTO(table) struct table t = { .columns = 3, .time = 1700000000 };
	AUTO(table) struct table again = { 0 };
	struct err err = { 0 };
	bool found;

	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		assert_true(table_add(&t, cells[i], &err));
	assert_true(table_write(&t, p->dir, "t", &err));
	assert_true(table_read(&again, &found, p->dir, "t", 3, &err));
	assert_true(found);
	assert_int_equal(again.time, 1700000000);
	assert_int_equal(table_rows(&again), 2);
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		assert_string_equal(table_cell(&again, i / 3, (uint32_t)(i % 3)), cells[i]);
	assert_string_equal(table_cell(&again, 0, 3), "");
	assert_int_equal(table_find(&again, 2, "\xc3\xa9"), 1);
	assert_int_equal(table_find(&again, 0, "2"), -1);
}

static void empty_comes_back(void **state)
{
	struct place *p = *state;
	AUTO(table) struct table t = { .columns = 3, .time = 1 };
	AUTO(table) struct table again = { 0 };
	struct err err = { 0 };
	bool found;

	assert_true(table_write(&t, p->dir, "t", &err));
	assert_true(table_read(&again, &found, p->dir, "t", 3, &err));
	assert_true(found);
	assert_int_equal(table_rows(&again), 0);
}

static void refuses_control_bytes(void **state)
{
	static const char *const cells[] = { "a\tb", "a\nb", "\x1b[2J", "\x7f" };
	AUTO(table) struct table t = { .columns = 1 };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		assert_false(table_add(&t, cells[i], &err));
	assert_int_equal(t.cells.n, 0);
}

static void passes_over_damage(void **state)
{
	static const char *const texts[] = {
		"",
		"scm-agent=1 columns=2 time=5",
		"scm-agent=1 columns=3 time=5\n",
		"scm-agent=2 columns=2 time=5\n",
		"scm-agent=1 columns=2 time=5\na",
		"scm-agent=1 columns=2 time=5\na\n",
		"scm-agent=1 columns=2 time=5\na\tb",
		"scm-agent=1 columns=2 time=5\na\tb\tc\n",
		"scm-agent=1 columns=2 time=5\na\tb\nc",
		"something else\n",
	};
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(table) struct table t = { 0 };
		struct err err = { 0 };
		bool found = true;

		assert_true(fs_write(p->dir, "t", texts[i], strlen(texts[i]), FS_ATTR(0600), &err));
		assert_true(table_read(&t, &found, p->dir, "t", 2, &err));
		if (found)
			fail_msg("taken: %s", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_control_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(passes_over_damage, setup, teardown),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
