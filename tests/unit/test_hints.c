/* Hints: what is taken out of a directory that a stranger may have filled, and whom they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <sys/stat.h>

#include "agent/hints.h"
#include "tempdir.h"

static void put(const struct tempdir *t, const char *name)
{
	struct err err = { 0 };

	assert_true(fs_write(t->fd, name, "", 0, FS_ATTR(0600), &err));
}

static void take(struct hints *h, const char *path)
{
	struct err err = { 0 };

	if (!hints_take(h, path, &err))
		fail_msg("%s", err.text);
}

static bool is_among(const struct hints *h, uint64_t id)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->id[i] == id)
			return true;
	return false;
}

static void takes_and_removes(void **state)
{
	static struct hints h;
	struct tempdir *t = *state;

	put(t, "12345");
	put(t, "9223372036854775807");
	take(&h, t->path);
	assert_int_equal(h.n, 2);
	assert_true(is_among(&h, 12345) && is_among(&h, INT64_MAX));
	assert_false(fs_exists(t->fd, "12345"));
	take(&h, t->path);
	assert_int_equal(h.n, 0);
}

/* The directory may be named by mistake: nothing but hints is touched in it. */
static void leaves_the_rest_alone(void **state)
{
	static const char *const names[] = { "0", "-1", "12a", " 1", "1 ", "scm-agent.ini", ".1",
		"9223372036854775808", "99999999999999999999" };
	static struct hints h;
	struct tempdir *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		put(t, names[i]);
	take(&h, t->path);
	assert_int_equal(h.n, 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_true(fs_exists(t->fd, names[i]));
}

/* A link goes, what it leads to stays; a directory is no hint. */
static void follows_nothing(void **state)
{
	static struct hints h;
	struct tempdir *t = *state;
	struct err err = { 0 };
	AUTO(fd) int sub = -1;
	char path[128];

	put(t, "target");
	assert_true(fs_make_dir(&sub, t->fd, "hints", FS_ATTR(0700), &err));
	assert_true(fs_switch_link(sub, "5", "../target", &err));
	assert_int_equal(mkdirat(sub, "6", 0700), 0);
	assert_int_equal(mkfifoat(sub, "7", 0600), 0);
	take(&h, tempdir_path(path, t, "hints"));
	assert_int_equal(h.n, 2);
	assert_true(is_among(&h, 5) && is_among(&h, 7));
	assert_true(fs_exists(t->fd, "target"));
	assert_true(fs_exists(sub, "6"));
	assert_true(fs_switch_link(t->fd, "link", "hints", &err));
	assert_false(hints_take(&h, tempdir_path(path, t, "link"), &err));
	assert_int_equal(err.kind, ERR_IO);
}

static void none_without_directory(void **state)
{
	static struct hints h;
	char path[128];

	h.n = 1;
	take(&h, tempdir_path(path, *state, "absent"));
	assert_int_equal(h.n, 0);
}

/* However many there are, a run takes a bounded number. */
static void is_bounded(void **state)
{
	static struct hints h;
	struct tempdir *t = *state;
	char name[24];

	for (int i = 1; i <= HINTS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(t, name);
	}
	take(&h, t->path);
	assert_int_equal(h.n, HINTS_MAX);
	take(&h, t->path);
	assert_int_equal(h.n, 10);
}

static void set(struct evidence *e, const char *key, int64_t id)
{
	struct err err = { 0 };

	e->found = true;
	assert_true(record_set_int(&e->r, key, id, &err));
}

static void means(void **state)
{
	static struct hints h = { .id = { 7, 8 }, .n = 2 };
	static const struct {
		int64_t order;
		int64_t live;
		int64_t newest;
		bool meant;
	} rows[] = { { 0, 0, 0, false }, { 7, 0, 0, true }, { 0, 8, 0, true }, { 0, 0, 7, true },
		{ 1, 2, 3, false }, { 9, 9, 8, true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(situation) struct situation s = { 0 };

		if (rows[i].order)
			set(&s.order, "ssl_id", rows[i].order);
		if (rows[i].live)
			set(&s.live_meta, "order", rows[i].live);
		if (rows[i].newest)
			set(&s.newest_meta, "order", rows[i].newest);
		if (hints_mean(&h, &s) != rows[i].meant)
			fail_msg("row %zu", i);
	}
}

static void write_record(int dir, const char *file, const char *key, int64_t value)
{
	AUTO(record) struct record r = { 0 };
	struct err err = { 0 };

	assert_true(record_set_int(&r, key, value, &err));
	assert_true(record_write(&r, dir, file, FS_ATTR(0600), &err));
}

/* From a state directory: those that are meant, in their order; a damaged one is passed over. */
static void chooses(void **state)
{
	static char names[][8] = { "old", "none", "broken", "www" };
	static struct hints h = { .id = { 42, 43 }, .n = 2 };
	struct conf_cert cert[4] = { 0 };
	const struct conf_cert *list[4];
	AUTO(store) struct store *store = NULL;
	struct err err = { 0 };
	char path[128];

	assert_true(store_open(&store, tempdir_path(path, *state, "state"), &err));
	for (size_t i = 0; i < 4; i++) {
		AUTO(fd) int archive = -1;
		AUTO(fd) int dir = -1;

		cert[i].name = names[i];
		list[i] = &cert[i];
		if (i == 1)
			continue;
		assert_true(store_open_archive(&archive, store, names[i], true, &err));
		assert_true(fs_make_dir(&dir, archive, "000001", FS_ATTR(0755), &err));
		if (i != 2)
			write_record(dir, FILE_META, "order", i ? 42 : 43);
	}
	assert_int_equal(hints_choose(list, 4, &h, store), 2);
	assert_ptr_equal(list[0], &cert[0]);
	assert_ptr_equal(list[1], &cert[3]);
	h.n = 1;
	assert_int_equal(hints_choose(list, 2, &h, store), 1);
	assert_ptr_equal(list[0], &cert[3]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(takes_and_removes),
		TEST(leaves_the_rest_alone),
		TEST(follows_nothing),
		TEST(none_without_directory),
		TEST(is_bounded),
		cmocka_unit_test(means),
		TEST(chooses),
	};

	return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
