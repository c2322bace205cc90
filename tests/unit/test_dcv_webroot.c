#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "dcv/webroot.h"
#include "tempdir.h"

#define HEX32 "0123456789ABCDEF0123456789ABCDEF"
#define FOLDER ".well-known/pki-validation"
#define LINE HEX32 HEX32

static const struct dcv_challenge challenge = {
	.type = DCV_HTTP,
	.domain = "example.com",
	.url = "http://example.com/" FOLDER "/" HEX32 ".txt",
	.first = LINE,
	.second = "sectigo.com",
};
static const char path_of_file[] = FOLDER "/" HEX32 ".txt";

static void publish(const struct tempdir *t)
{
	struct err err = { 0 };

	if (!dcv_webroot_publish(t->path, &challenge, &err))
		fail_msg("%s", err.text);
}

static void withdraw(const struct tempdir *t)
{
	struct err err = { 0 };

	if (!dcv_webroot_withdraw(t->path, &challenge, &err))
		fail_msg("%s", err.text);
}

static bool there(const struct tempdir *t, const char *path)
{
	return !faccessat(t->fd, path, F_OK, AT_SYMLINK_NOFOLLOW);
}

static unsigned mode_of(const struct tempdir *t, const char *path)
{
	struct stat st;

	assert_int_equal(fstatat(t->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void assert_published(const struct tempdir *t)
{
	AUTO(buf) struct buf text = BUF(1024);
	struct err err = { 0 };
	char path[128];

	assert_true(fs_read_path(&text, tempdir_path(path, t, path_of_file), &err));
	assert_string_equal(buf_str(&text), LINE "\nsectigo.com\n");
	assert_int_equal(mode_of(t, path_of_file), 0644);
}

static void test_round(void **state)
{
	const struct tempdir *t = *state;
	mode_t mask = umask(077);

	publish(t);
	umask(mask);
	assert_published(t);
	assert_int_equal(mode_of(t, ".well-known"), 0755);
	assert_int_equal(mode_of(t, FOLDER), 0755);
	publish(t);
	assert_published(t);
	withdraw(t);
	assert_false(there(t, ".well-known"));
	withdraw(t);
}

/* The web root itself may be reached through a link, and may end in a slash. */
static void test_link_to_webroot(void **state)
{
	const struct tempdir *t = *state;
	struct err err = { 0 };
	char link[128];

	assert_int_equal(mkdirat(t->fd, "site", 0755), 0);
	assert_int_equal(symlinkat("site", t->fd, "current"), 0);
	assert_true(dcv_webroot_publish(tempdir_path(link, t, "current"), &challenge, &err));
	assert_true(there(t, "site/.well-known/pki-validation/" HEX32 ".txt"));
	assert_true(dcv_webroot_withdraw(tempdir_path(link, t, "current/"), &challenge, &err));
	assert_false(there(t, "site/.well-known"));
}

/* What others put there stays, and so do directories that don't look like ours. */
static void test_leaves_others(void **state)
{
	const struct tempdir *t = *state;

	assert_int_equal(mkdirat(t->fd, ".well-known", 0755), 0);
	assert_int_equal(mkdirat(t->fd, ".well-known/acme-challenge", 0755), 0);
	publish(t);
	withdraw(t);
	assert_false(there(t, FOLDER));
	assert_true(there(t, ".well-known/acme-challenge"));

	assert_int_equal(mkdirat(t->fd, FOLDER, 0775), 0);
	assert_int_equal(fchmodat(t->fd, FOLDER, 0775, 0), 0);
	publish(t);
	assert_published(t);
	withdraw(t);
	assert_false(there(t, path_of_file));
	assert_true(there(t, FOLDER));

	assert_int_equal(fchmodat(t->fd, FOLDER, 0755, 0), 0);
	assert_int_equal(mkdirat(t->fd, FOLDER "/other", 0755), 0);
	assert_int_equal(mkdirat(t->fd, FOLDER "/.tmp-0123", 0700), 0);
	publish(t);
	withdraw(t);
	assert_true(there(t, FOLDER "/other"));
	assert_false(there(t, FOLDER "/.tmp-0123"));
}

/* Only root can make what belongs to somebody else. */
static void test_leaves_other_owner(void **state)
{
	const struct tempdir *t = *state;

	if (geteuid())
		skip();
	assert_int_equal(mkdirat(t->fd, ".well-known", 0755), 0);
	assert_int_equal(fchownat(t->fd, ".well-known", 1, FS_KEEP, 0), 0);
	publish(t);
	withdraw(t);
	assert_true(there(t, ".well-known"));
	assert_false(there(t, FOLDER));
}

static void test_removes_what_a_kill_left(void **state)
{
	const struct tempdir *t = *state;

	publish(t);
	assert_int_equal(mkdirat(t->fd, FOLDER "/.tmp-0123", 0700), 0);
	withdraw(t);
	assert_false(there(t, ".well-known"));
}

static void assert_refused(const struct tempdir *t, enum err_kind kind, const char *why)
{
	struct err err = { 0 };

	assert_false(dcv_webroot_publish(t->path, &challenge, &err));
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, why));
	memset(&err, 0, sizeof(err));
	assert_false(dcv_webroot_withdraw(t->path, &challenge, &err));
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, why));
}

/* Planted by whoever may write to the web root: nothing appears where it leads, nothing goes. */
static void test_link_below_webroot(void **state)
{
	const struct tempdir *t = *state;

	assert_int_equal(mkdirat(t->fd, "outside", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "outside/pki-validation", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "outside/pki-validation/" HEX32 ".txt", 0755), 0);
	assert_int_equal(symlinkat("outside", t->fd, ".well-known"), 0);
	assert_refused(t, ERR_CONFIG, ".well-known is a symbolic link");
	assert_int_equal(unlinkat(t->fd, ".well-known", 0), 0);
	assert_int_equal(mkdirat(t->fd, ".well-known", 0755), 0);
	assert_int_equal(symlinkat("../outside/pki-validation", t->fd, FOLDER), 0);
	assert_refused(t, ERR_CONFIG, "pki-validation is a symbolic link");
	assert_int_equal(unlinkat(t->fd, "outside/pki-validation/" HEX32 ".txt", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(t->fd, "outside/pki-validation", AT_REMOVEDIR), 0);
}

/* In the place of the file: it is replaced, and what it leads to is not written to. */
static void test_link_for_file(void **state)
{
	const struct tempdir *t = *state;
	AUTO(buf) struct buf text = BUF(64);
	struct err err = { 0 };

	assert_true(fs_write(t->fd, "victim", "old", 3, FS_ATTR(0600), &err));
	assert_int_equal(mkdirat(t->fd, ".well-known", 0755), 0);
	assert_int_equal(mkdirat(t->fd, FOLDER, 0755), 0);
	assert_int_equal(symlinkat("../../victim", t->fd, path_of_file), 0);
	publish(t);
	assert_published(t);
	assert_true(fs_read(&text, t->fd, "victim", &err));
	assert_string_equal(buf_str(&text), "old");
	assert_int_equal(mode_of(t, "victim"), 0600);
	withdraw(t);
	assert_true(there(t, "victim"));
}

static void test_in_the_way(void **state)
{
	const struct tempdir *t = *state;
	struct err err = { 0 };

	assert_true(fs_write(t->fd, ".well-known", "x", 1, FS_ATTR(0644), &err));
	assert_refused(t, ERR_IO, t->path);
}

static void test_no_webroot(void **state)
{
	const struct tempdir *t = *state;
	struct err err = { 0 };
	char path[128];

	assert_false(dcv_webroot_publish(tempdir_path(path, t, "none"), &challenge, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, "none"));
	assert_true(dcv_webroot_withdraw(path, &challenge, &err));
	assert_false(dcv_webroot_publish("srv/www", &challenge, &err));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_non_null(strstr(err.text, "not an absolute path"));
}

static void test_hostile_address(void **state)
{
	static const char *const urls[] = { "http://example.com/" FOLDER "/../../index.html",
		"http://example.com/" FOLDER "/../" HEX32 ".txt", "http://evil.test/x/0.txt",
		"http://example.com/" FOLDER "/.htaccess" };
	const struct tempdir *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct dcv_challenge c = challenge;
		struct err err = { 0 };

		c.url = urls[i];
		assert_false(dcv_webroot_publish(t->path, &c, &err));
		assert_int_equal(err.kind, ERR_PROTOCOL);
		assert_false(dcv_webroot_withdraw(t->path, &c, &err));
		assert_int_equal(err.kind, ERR_PROTOCOL);
		assert_false(there(t, ".well-known"));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tempdir_setup, tempdir_teardown)

/* A publication that was killed while it made a directory; what others have stays. */
static void test_killed_publish(void **state)
{
	static const char *const ours[] = { ".tmp-0123456789abcdef",
		".well-known/.tmp-fedcba9876543210" };
	static const char *const others[] = { ".tmp-0123456789abcde", ".tmp-0123456789abcdef0",
		".tmp-0123456789ABCDEF", ".tmp-1111111111111111" };
	struct tempdir *t = *state;

	publish(t);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		assert_int_equal(mkdirat(t->fd, ours[i], 0700), 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(mkdirat(t->fd, others[i], 0700), 0);
	assert_int_equal(mkdirat(t->fd, ".tmp-1111111111111111/full", 0700), 0);
	withdraw(t);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		assert_false(there(t, ours[i]));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_true(there(t, others[i]));
	assert_false(there(t, ".well-known"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round),
		TEST(test_link_to_webroot),
		TEST(test_leaves_others),
		TEST(test_leaves_other_owner),
		TEST(test_removes_what_a_kill_left),
		TEST(test_killed_publish),
		TEST(test_link_below_webroot),
		TEST(test_link_for_file),
		TEST(test_in_the_way),
		TEST(test_no_webroot),
		TEST(test_hostile_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
