/* The state directory: names, permissions, and what a crash may find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/store.h"
#include "base/clock.h"
#include "state_scene.h"

#define DAY 86400

static struct store *open_store(const char *path)
{
	struct store *s = NULL;
	struct err err = { 0 };

	if (!store_open(&s, path, &err))
		fail_msg("%s", err.text);
	return s;
}

static void assert_mode(const struct state_scene *s, const char *name, unsigned mode)
{
	struct stat st;

	if (fstatat(s->dir->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		fail_msg("%s is not there", name);
	if ((st.st_mode & 07777) != mode)
		fail_msg("%s has mode %04o, not %04o", name, (unsigned)st.st_mode & 07777, mode);
}

static void make_dir(const struct state_scene *s, const char *name)
{
	assert_int_equal(mkdirat(s->dir->fd, name, 0700), 0);
}

static void make_file(const struct state_scene *s, const char *name)
{
	AUTO(fd) int fd = openat(s->dir->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
}

static bool there(const struct state_scene *s, const char *name)
{
	return fs_exists(s->dir->fd, name);
}

static void makes_its_rooms(void **state)
{
	const struct state_scene *s = *state;

	assert_mode(s, "state", 0711);
	assert_mode(s, "state/pending", 0700);
	assert_mode(s, "state/live", 0755);
	assert_mode(s, "state/archive", 0711);
	assert_mode(s, "state/cache", 0700);
	assert_false(there(s, "state/lock"));
	assert_false(there(s, "state/history"));
}

/* Whoever only looks makes nothing, and finds nothing. */
static void reads_what_is_not_there(void **state)
{
	struct state_scene *s = *state;
	AUTO(store) struct store *store = NULL;
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(buf) struct buf history = { 0 };
	AUTO_STR char *live = NULL;
	struct err err = { 0 };
	char path[128];
	int dir = 0;

	tempdir_path(path, s->dir, "none/state/");
	if (!store_open_existing(&store, path, &err) || !store_check_trusted(store, &err) ||
		!store_open_pending(&dir, store, "www", false, &err) ||
		!store_generations(&all, store, "www", &err) ||
		!store_live(&live, store, "www", &err) ||
		!store_read_history(&history, store, 100, &err))
		fail_msg("%s", err.text);
	assert_int_equal(dir, -1);
	assert_int_equal(all.n, 0);
	assert_null(live);
	assert_int_equal(history.len, 0);
	assert_false(there(s, "none"));
	assert_true(store_make(store, &err));
	assert_mode(s, "none/state", 0711);
	assert_mode(s, "none/state/pending", 0700);
}

static void trusts_no_others(void **state)
{
	struct state_scene *s = *state;
	AUTO(store) struct store *below = NULL;
	struct err err = { 0 };
	char path[128];

	assert_true(store_check_trusted(s->store, &err));
	assert_int_equal(fchmodat(s->dir->fd, "state", 0777, 0), 0);
	assert_false(store_check_trusted(s->store, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_true(store_open_existing(&below, tempdir_path(path, s->dir, "state/a/b"), &err));
	assert_false(store_check_trusted(below, &err));
	assert_int_equal(fchmodat(s->dir->fd, "state", 0711, 0), 0);
	assert_true(store_check_trusted(below, &err));
}

/* Whatever umask it is started with. */
static void ignores_the_umask(void **state)
{
	const struct state_scene *s = *state;
	mode_t old = umask(0077);
	AUTO(store) struct store *store = NULL;
	char path[128];

	store = open_store(tempdir_path(path, s->dir, "a/b/c/"));
	umask(old);
	assert_mode(s, "a", 0755);
	assert_mode(s, "a/b", 0755);
	assert_mode(s, "a/b/c", 0711);
	assert_mode(s, "a/b/c/live", 0755);
	assert_mode(s, "a/b/c/archive", 0711);
	assert_string_equal(store->path + strlen(store->path) - 2, "/c");
}

/* Permissions that the administrator has changed since are the administrator's. */
static void leaves_rooms_alone(void **state)
{
	struct state_scene *s = *state;
	AUTO(store) struct store *again = NULL;

	assert_int_equal(fchmodat(s->dir->fd, "state", 0700, 0), 0);
	assert_int_equal(fchmodat(s->dir->fd, "state/live", 0750, 0), 0);
	again = open_store(s->path);
	assert_mode(s, "state", 0700);
	assert_mode(s, "state/live", 0750);
}

static void refuses_what_is_no_directory(void **state)
{
	static const char *const paths[] = { "file", "file/state", "link", "half" };
	const struct state_scene *s = *state;

	make_file(s, "file");
	assert_int_equal(symlinkat("state", s->dir->fd, "link"), 0);
	make_dir(s, "half");
	make_file(s, "half/archive");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct store *store = NULL;
		struct err err = { 0 };
		char path[128];

		if (store_open(&store, tempdir_path(path, s->dir, paths[i]), &err))
			fail_msg("opened: %s", paths[i]);
		assert_null(store);
		assert_int_equal(err.kind, ERR_IO);
		if (!strstr(err.text, path))
			fail_msg("%s is not named: %s", path, err.text);
	}
}

static void locks(void **state)
{
	struct state_scene *s = *state;
	struct store *other = open_store(s->path);
	AUTO(store) struct store *third = open_store(s->path);
	struct err err = { 0 };

	assert_true(store_lock(other, 0, &err));
	assert_false(store_lock(s->store, 0, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(s->store->lock, -1);
	store_close(other);
	assert_true(store_lock(s->store, 0, &err));
	assert_false(store_lock(third, 0, &err));
	assert_mode(s, "state/lock", 0600);
}

static void set_last_run(const struct state_scene *s, int64_t at)
{
	const struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };

	assert_int_equal(utimensat(s->dir->fd, "state/lock", times, 0), 0);
}

static int64_t last_run(const struct state_scene *s)
{
	struct stat st;

	assert_int_equal(fstatat(s->dir->fd, "state/lock", &st, 0), 0);
	return st.st_mtime;
}

static void checks_the_clock(void **state)
{
	const int64_t built = clock_built();
	const int64_t last = built + 10 * DAY;
	const struct {
		int64_t last;
		int64_t now;
		const char *words; /* NULL: fine */
	} rows[] = {
		{ last, last, NULL },
		{ last, last + 1, NULL },
		{ last, last + 30000 * (int64_t)DAY, NULL },
		{ last, last - 1, NULL },
		{ last, last - DAY, NULL },
		{ last, last - DAY - 1, "touch" },
		{ last, 0, "before this program was built" },
		{ built - 100 * DAY, built, NULL },
		{ built - 100 * DAY, built - DAY, NULL },
		{ built - 100 * DAY, built - DAY - 1, "before this program was built" },
	};
	struct state_scene *s = *state;
	struct err err = { 0 };

	assert_true(store_lock(s->store, 0, &err));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool sane;
		int64_t expected = rows[i].last;

		set_last_run(s, rows[i].last);
		sane = store_check_clock(s->store, rows[i].now, &err);
		if (sane != !rows[i].words)
			fail_msg("row %zu: %s", i, sane ? "accepted" : err.text);
		if (sane && rows[i].now > expected)
			expected = rows[i].now;
		assert_int_equal(last_run(s), expected);
		if (!rows[i].words)
			continue;
		assert_int_equal(err.kind, ERR_INTERNAL);
		assert_non_null(strstr(err.text, "set the clock"));
		assert_non_null(strstr(err.text, rows[i].words));
	}
}

static void opens_work(void **state)
{
	struct state_scene *s = *state;
	struct err err = { 0 };
	int fd = 7;

	assert_true(store_open_pending(&fd, s->store, "www", false, &err));
	assert_int_equal(fd, -1);
	assert_true(store_open_archive(&fd, s->store, "www", false, &err));
	assert_int_equal(fd, -1);
	assert_true(store_open_pending(&fd, s->store, "www", true, &err));
	assert_true(fd >= 0);
	fs_close(fd);
	assert_mode(s, "state/pending/www", 0700);
	assert_true(store_open_pending(&fd, s->store, "www", false, &err));
	assert_true(fd >= 0);
	fs_close(fd);
	assert_true(store_open_archive(&fd, s->store, "www", true, &err));
	fs_close(fd);
	assert_mode(s, "state/archive/www", 0711);
}

static void assert_next(struct state_scene *s, const char *expected)
{
	char next[GENERATION_MAX];
	struct err err = { 0 };

	if (!store_next_generation(next, s->store, "www", &err))
		fail_msg("%s", err.text);
	assert_string_equal(next, expected);
}

static void counts_generations(void **state)
{
	static const char *const dirs[] = { "", "/000002", "/000010", "/abandoned-1", "/0000011",
		"/00012", "/00001a", "/.tmp-000099", "/old" };
	struct state_scene *s = *state;
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(strlist) struct strlist none = { 0 };
	struct err err = { 0 };
	char path[128];

	assert_next(s, "000001");
	assert_true(store_generations(&none, s->store, "www", &err));
	assert_int_equal(none.n, 0);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		snprintf(path, sizeof(path), "state/archive/www%s", dirs[i]);
		make_dir(s, path);
	}
	assert_true(store_generations(&all, s->store, "www", &err));
	assert_int_equal(all.n, 2);
	assert_string_equal(all.item[0], "000002");
	assert_string_equal(all.item[1], "000010");
	assert_next(s, "000011");
	make_dir(s, "state/archive/www/999998");
	assert_next(s, "999999");
}

static void refuses_the_millionth(void **state)
{
	struct state_scene *s = *state;
	char next[GENERATION_MAX] = "unset";
	struct err err = { 0 };

	make_dir(s, "state/archive/www");
	make_dir(s, "state/archive/www/999999");
	assert_false(store_next_generation(next, s->store, "www", &err));
	assert_int_equal(err.kind, ERR_IO);
	assert_string_equal(next, "unset");
}

static void assert_live(struct state_scene *s, const char *expected)
{
	AUTO_STR char *live = NULL;
	struct err err = { 0 };

	if (!store_live(&live, s->store, "www", &err))
		fail_msg("%s", err.text);
	if (expected)
		assert_string_equal(live, expected);
	else
		assert_null(live);
}

static void switches(void **state)
{
	struct state_scene *s = *state;
	AUTO_STR char *target = NULL;
	struct err err = { 0 };

	assert_live(s, NULL);
	assert_true(store_switch(s->store, "www", "000001", &err));
	assert_live(s, "000001");
	assert_true(store_switch(s->store, "www", "000012", &err));
	assert_live(s, "000012");
	assert_true(fs_read_link(&target, s->store->live, "www", &err));
	assert_string_equal(target, "../archive/www/000012");
}

/* Neither another certificate's generation nor a link of somebody else's is taken for ours. */
static void refuses_foreign_links(void **state)
{
	static const char *const targets[] = { "../archive/other/000001", "000001",
		"../archive/www/abandoned-1", "../archive/www/", "../archive/www/000001/",
		"../archive/www/../other/000001", "/var/lib/scm-agent/archive/www/000001",
		"../archive/www.old/000001", "/dev/null" };
	struct state_scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		char *live = NULL;
		struct err err = { 0 };

		assert_true(fs_switch_link(s->store->live, "www", targets[i], &err));
		if (store_live(&live, s->store, "www", &err))
			fail_msg("accepted: %s", targets[i]);
		assert_null(live);
		assert_int_equal(err.kind, ERR_IO);
		assert_non_null(strstr(err.text, targets[i]));
		assert_non_null(strstr(err.text, "remove the link"));
	}
}

static void refuses_no_link(void **state)
{
	struct state_scene *s = *state;
	char *live = NULL;
	struct err err = { 0 };

	make_dir(s, "state/live/www");
	assert_false(store_live(&live, s->store, "www", &err));
	assert_int_equal(err.kind, ERR_IO);
}

static void fill_pending(const struct state_scene *s)
{
	make_dir(s, "state/pending/www");
	make_file(s, "state/pending/www/intent");
	make_file(s, "state/pending/www/privkey.pem");
}

/* A key that SCM may have certified is never thrown away. */
static void abandons(void **state)
{
	struct state_scene *s = *state;
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(buf) struct buf text = BUF(256);
	struct err err = { 0 };

	assert_true(store_abandon(s->store, "www", &err));
	assert_false(there(s, "state/archive/www"));
	fill_pending(s);
	assert_true(store_abandon(s->store, "www", &err));
	assert_false(there(s, "state/pending/www"));
	assert_true(there(s, "state/archive/www/abandoned-1/privkey.pem"));
	assert_true(there(s, "state/archive/www/abandoned-1/intent"));
	assert_mode(s, "state/archive/www", 0711);
	assert_mode(s, "state/archive/www/abandoned-1", 0700);
	make_dir(s, "state/archive/www/abandoned-9");
	make_dir(s, "state/archive/www/abandoned-x");
	fill_pending(s);
	assert_true(store_abandon(s->store, "www", &err));
	fill_pending(s);
	assert_true(store_abandon(s->store, "www", &err));
	assert_true(there(s, "state/archive/www/abandoned-10/intent"));
	assert_next(s, "000001");
	assert_true(store_abandoned(&all, s->store, "www", &err));
	strlist_join(&text, &all, " ");
	assert_string_equal(buf_str(&text), "abandoned-1 abandoned-9 abandoned-10 abandoned-11");
}

/* What a run left that was killed while it discarded goes too; it never stands in the way. */
static void discards(void **state)
{
	struct state_scene *s = *state;
	AUTO(strlist) struct strlist left = { 0 };
	struct err err = { 0 };

	assert_true(store_discard(s->store, "www", &err));
	fill_pending(s);
	make_dir(s, "state/pending/other");
	assert_true(store_discard(s->store, "www", &err));
	assert_false(there(s, "state/pending/www"));
	assert_true(there(s, "state/pending/other"));
	fill_pending(s);
	assert_int_equal(
		renameat(s->store->pending, "www", s->store->pending, ".tmp-discarded-www"), 0);
	assert_true(fs_list(&left, s->store->pending, &err));
	assert_int_equal(left.n, 1);
	fill_pending(s);
	assert_true(store_discard(s->store, "www", &err));
	assert_false(there(s, "state/pending/www"));
	assert_false(there(s, "state/pending/.tmp-discarded-www"));
	fill_pending(s);
	assert_int_equal(
		renameat(s->store->pending, "www", s->store->pending, ".tmp-discarded-www"), 0);
	assert_true(fs_clean_temp(s->store->pending, &err));
	assert_false(there(s, "state/pending/.tmp-discarded-www"));
}

static void names_paths(void **state)
{
	const struct state_scene *s = *state;
	AUTO_STR char *file = store_generation_path(s->store, "www", "000001", FILE_CERT);
	AUTO_STR char *dir = store_generation_path(s->store, "www", "000001", "");
	AUTO_STR char *live = store_live_path(s->store, "www");
	char expected[256];

	snprintf(expected, sizeof(expected), "%s/archive/www/000001/cert.pem", s->path);
	assert_string_equal(file, expected);
	snprintf(expected, sizeof(expected), "%s/archive/www/000001", s->path);
	assert_string_equal(dir, expected);
	snprintf(expected, sizeof(expected), "%s/live/www", s->path);
	assert_string_equal(live, expected);
}

/* The line at *at without its time, which must be one, and *at the next line. */
static void assert_event(const char **at, const char *expected)
{
	char time[CLOCK_TEXT_MAX] = "";
	size_t len = strcspn(*at, " ");
	int64_t t;

	assert_true(len < sizeof(time));
	memcpy(time, *at, len);
	assert_true(clock_parse(&t, time));
	*at += len + 1;
	len = strcspn(*at, "\n");
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(*at, expected, len);
	*at += len + 1;
}

static void remembers(void **state)
{
	struct state_scene *s = *state;
	AUTO(buf) struct buf text = { 0 };
	AUTO(buf) struct buf before = { 0 };
	struct err err = { 0 };
	const char *at;

	assert_true(store_read_history(&before, s->store, 65536, &err));
	assert_string_equal(buf_str(&before), "");
	assert_true(store_history(s->store, &err, "www", "installed", "generation=%s", "000001"));
	assert_true(store_history(s->store, &err, "www", "reset", "%s", ""));
	assert_true(store_history(
		s->store, &err, "b", "held", "%s", "no\nway\t\\ \033[1m \342\200\256 \303\244"));
	assert_mode(s, "state/history", 0600);
	assert_true(store_read_history(&text, s->store, 65536, &err));
	at = buf_str(&text);
	assert_event(&at, "www installed generation=000001");
	assert_event(&at, "www reset");
	assert_event(&at, "b held no\\x0away\\x09\\ \\x1b[1m \\xe2\\x80\\xae \303\244");
	assert_string_equal(at, "");
}

/* What is too long is cut, and no reason to fail: history is written while orders are under way. */
static void cuts_a_long_event(void **state)
{
	struct state_scene *s = *state;
	AUTO(buf) struct buf text = { 0 };
	char longest[5000];
	struct err err = { 0 };

	memset(longest, '\001', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	if (!store_history(s->store, &err, "www", "held", "%s", longest))
		fail_msg("%s", err.text);
	assert_true(store_history(s->store, &err, "www", "reset", "%s", ""));
	assert_true(store_read_history(&text, s->store, 65536, &err));
	assert_non_null(strstr(buf_str(&text), "www held \\x01\\x01"));
	assert_non_null(strstr(buf_str(&text), "\\x01\n"));
	assert_non_null(strstr(buf_str(&text), "Z www reset\n"));
}

/* However long a history gets, its end can be read, from the start of a line. */
static void reads_the_end_of_a_history(void **state)
{
	struct state_scene *s = *state;
	AUTO(buf) struct buf text = { 0 };
	struct err err = { 0 };

	for (int i = 0; i < 50; i++)
		assert_true(store_history(s->store, &err, "www", "event", "%d", i));
	assert_true(store_read_history(&text, s->store, 100, &err));
	assert_true(text.len < 100);
	assert_int_equal(strncmp(buf_str(&text), "2", 1), 0);
	assert_null(strstr(buf_str(&text), "event 46\n"));
	assert_non_null(strstr(buf_str(&text), "event 48\n"));
	assert_non_null(strstr(buf_str(&text), "event 49\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, state_scene_setup, state_scene_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(makes_its_rooms),
		TEST(reads_what_is_not_there),
		TEST(trusts_no_others),
		TEST(ignores_the_umask),
		TEST(leaves_rooms_alone),
		TEST(refuses_what_is_no_directory),
		TEST(locks),
		TEST(checks_the_clock),
		TEST(opens_work),
		TEST(counts_generations),
		TEST(refuses_the_millionth),
		TEST(switches),
		TEST(refuses_foreign_links),
		TEST(refuses_no_link),
		TEST(abandons),
		TEST(discards),
		TEST(names_paths),
		TEST(remembers),
		TEST(cuts_a_long_event),
		TEST(reads_the_end_of_a_history),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
