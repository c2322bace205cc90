/* Which files count as safe, which references are understood, and what a secret may hold. */
#include "base/secret.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "base/inherited.h"
#include "tempdir.h"

#define OTHER_ID 12345

static void put(
	const struct tempdir *t, const char *name, const void *data, size_t len, mode_t mode)
{
	struct err err;

	assert_true(fs_write(t->fd, name, data, len, FS_ATTR(mode), &err));
}

static void assert_refused(const char *reference, const char *reason)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	assert_false(secret_read(&s, reference, &err));
	assert_null(s);
	assert_int_equal(err.kind, ERR_CONFIG);
	if (!strstr(err.text, reason))
		fail_msg("'%s' does not say '%s'", err.text, reason);
	assert_null(strstr(err.text, "hunter2"));
}

static void assert_reads(const char *reference, const char *expected, size_t len)
{
	AUTO(secret) struct secret *s = NULL;
	struct err err = { 0 };

	if (!secret_read(&s, reference, &err))
		fail_msg("%s", err.text);
	assert_int_equal(secret_len(s), len);
	assert_memory_equal(secret_bytes(s), expected, len);
	assert_int_equal(secret_bytes(s)[len], '\0');
}

static void lives_in_the_secure_heap(void **state)
{
	struct rlimit core;
	struct err err;

	(void)state;
	assert_true(secret_init(&err));
	assert_true(secret_init(&err));
	AUTO(secret) struct secret *s = secret_new("a\0b", 3);
	AUTO(secret) struct secret *empty = secret_new(NULL, 0);
	assert_int_equal(CRYPTO_secure_allocated(s), 1);
	assert_int_equal(secret_len(s), 3);
	assert_memory_equal(secret_bytes(s), "a\0b\0", 4);
	assert_int_equal(secret_len(empty), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(core.rlim_cur + core.rlim_max, 0);
	assert_int_equal(umask(077), 077);
	secret_free(NULL);
}

static void heap_has_an_end(void **state)
{
	(void)state;
	assert_null(secret_new("", (size_t)1 << 30));
	assert_null(secret_new("", SIZE_MAX));
}

static void one_line_end_is_stripped(void **state)
{
	static const char *const contents[] = { "hunter2", "hunter2\n", "hunter2\r\n" };
	char path[128];

	tempdir_path(path, *state, "pw");
	for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
		put(*state, "pw", contents[i], strlen(contents[i]), 0600);
		assert_reads(path, "hunter2", 7);
	}
	put(*state, "pw", " hunter2 \n", 10, 0600);
	assert_reads(path, " hunter2 ", 9);
}

static void other_contents_are_refused(void **state)
{
	static const struct {
		const char *content;
		size_t len;
		const char *reason;
	} rows[] = {
		{ "", 0, "empty" },
		{ "\n", 1, "empty" },
		{ "\r\n", 2, "empty" },
		{ "hunter2\n\n", 9, "more than one line" },
		{ "hunter2\nhunter2", 15, "more than one line" },
		{ "hunter2\rhunter2", 15, "more than one line" },
		{ "hun\0ter2", 8, "NUL" },
	};
	char path[128];

	tempdir_path(path, *state, "pw");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put(*state, "pw", rows[i].content, rows[i].len, 0600);
		assert_refused(path, rows[i].reason);
	}
}

static void length_is_bounded(void **state)
{
	char text[2 * SECRET_MAX];
	char path[128];

	tempdir_path(path, *state, "pw");
	memset(text, 'x', sizeof(text));
	put(*state, "pw", text, SECRET_MAX, 0600);
	assert_reads(path, text, SECRET_MAX);
	put(*state, "pw", text, SECRET_MAX + 1, 0600);
	assert_refused(path, "more than 4096 bytes");
	put(*state, "pw", text, sizeof(text), 0600);
	assert_refused(path, "more than 4096 bytes");
	text[SECRET_MAX] = '\r';
	text[SECRET_MAX + 1] = '\n';
	put(*state, "pw", text, SECRET_MAX + 2, 0600);
	assert_reads(path, text, SECRET_MAX);
	put(*state, "pw", text, SECRET_MAX + 3, 0600);
	assert_refused(path, "more than");
}

static void only_private_files_are_read(void **state)
{
	static const struct {
		mode_t mode;
		bool good;
	} rows[] = {
		{ 0400, true },
		{ 0600, true },
		{ 0700, true },
		{ 0640, true }, /* group root, or our own */
		{ 0440, true },
		{ 0660, false },
		{ 0620, false },
		{ 0650, false },
		{ 0604, false },
		{ 0644, false },
		{ 0602, false },
		{ 0601, false },
		{ 0666, false },
		{ 0777, false },
	};
	char path[128];

	tempdir_path(path, *state, "pw");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		put(*state, "pw", "hunter2\n", 8, rows[i].mode);
		if (rows[i].good)
			assert_reads(path, "hunter2", 7);
		else
			assert_refused(path, "others may read or write it");
	}
}

static void owner_and_group_count(void **state)
{
	char path[128];

	if (geteuid())
		skip();
	tempdir_path(path, *state, "pw");
	put(*state, "pw", "hunter2\n", 8, 0600);
	assert_int_equal(chown(path, OTHER_ID, 0), 0);
	assert_refused(path, "others may read or write it");
	assert_int_equal(chown(path, 0, OTHER_ID), 0);
	assert_reads(path, "hunter2", 7);
	assert_int_equal(chmod(path, 0640), 0);
	assert_refused(path, "others may read or write it");
}

static void only_regular_files_are_read(void **state)
{
	char path[128];

	assert_refused(tempdir_path(path, *state, "missing"), "No such file");
	assert_refused(((struct tempdir *)*state)->path, "not a regular file");
	tempdir_path(path, *state, "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, "not a regular file");
	assert_refused("/dev/zero", "not a regular file");
}

static void a_link_leads_to_the_file_that_is_judged(void **state)
{
	char path[128];
	char link[128];

	tempdir_path(path, *state, "pw");
	tempdir_path(link, *state, "link");
	put(*state, "pw", "hunter2\n", 8, 0600);
	assert_int_equal(symlink("pw", link), 0);
	assert_reads(link, "hunter2", 7);
	assert_int_equal(chmod(path, 0604), 0);
	assert_refused(link, "others may read or write it");
}

static void credentials_come_from_their_directory(void **state)
{
	const struct tempdir *t = *state;

	assert_refused("credential:pin", "LoadCredential=");
	secret_credentials(t->path);
	assert_refused("credential:pin", "No such file");
	put(t, "pin", "1234\n", 5, 0440);
	assert_reads("credential:pin", "1234", 4);
	assert_refused("credential:../pin", "no '/'");
	assert_refused("credential:", "not a regular file");
	assert_refused("credential:..", "not a regular file");
	secret_credentials(NULL);
}

static int fd_with(const char *content)
{
	int fd = memfd_create("secret", MFD_CLOEXEC);

	assert_true(fd >= 3);
	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The next to ask gets what was read, whatever has the number by then. */
static void descriptors_are_read_once_and_closed(void **state)
{
	char reference[16];
	int fd = fd_with("hunter2\n");
	int other;

	(void)state;
	inherited_note();
	snprintf(reference, sizeof(reference), "fd:%d", fd);
	assert_reads(reference, "hunter2", 7);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	other = fd_with("other");
	assert_int_equal(other, fd);
	assert_reads(reference, "hunter2", 7);
	close(other);
}

static void refuse_descriptor(int fd, const char *reason)
{
	char reference[16];

	snprintf(reference, sizeof(reference), "fd:%d", fd);
	assert_refused(reference, reason);
}

/* What is opened after the start is the program's own; what was a terminal or a device never ends.
 */
static void only_what_was_given_is_read(void **state)
{
	int device = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int late[2];
	int own;

	(void)state;
	assert_int_equal(pipe(late), 0);
	inherited_note();
	own = fd_with("own");
	refuse_descriptor(own, "was not open when scm-agent was started");
	refuse_descriptor(device, "is no file, pipe or socket");
	assert_int_equal(write(late[1], "begun", 5), 5);
	refuse_descriptor(late[0], "its end did not come within 10 s");
	assert_int_equal(fcntl(late[0], F_GETFD), -1);
	refuse_descriptor(late[0], "was not open");
	close(own);
	close(device);
	close(late[1]);
}

static void other_references_are_refused(void **state)
{
	static const char *const rows[] = { "", "hunter", "pw", "./pw", "fd:", "fd:0", "fd:2",
		"fd:1024", "fd:-3", "fd: 3", "fd:3x", "file:/etc/passwd", "env:HOME",
		"Credential:x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_refused(rows[i], "absolute path, credential:NAME or fd:N");
}

static void paths_to_watch(void **state)
{
	(void)state;
	secret_credentials("/run/credentials/x");
	AUTO_STR char *file = secret_path("/etc/pw");
	AUTO_STR char *credential = secret_path("credential:pin");
	AUTO_STR char *descriptor = secret_path("fd:7");
	secret_credentials(NULL);
	AUTO_STR char *none = secret_path("credential:pin");
	assert_string_equal(file, "/etc/pw");
	assert_string_equal(credential, "/run/credentials/x/pin");
	assert_null(descriptor);
	assert_null(none);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, tempdir_setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lives_in_the_secure_heap),
		cmocka_unit_test(heap_has_an_end),
		IN_DIR(one_line_end_is_stripped),
		IN_DIR(other_contents_are_refused),
		IN_DIR(length_is_bounded),
		IN_DIR(only_private_files_are_read),
		IN_DIR(owner_and_group_count),
		IN_DIR(only_regular_files_are_read),
		IN_DIR(a_link_leads_to_the_file_that_is_judged),
		IN_DIR(credentials_come_from_their_directory),
		/* first: what is read from a descriptor stays for the life of the process */
		cmocka_unit_test(only_what_was_given_is_read),
		cmocka_unit_test(descriptors_are_read_once_and_closed),
		cmocka_unit_test(other_references_are_refused),
		cmocka_unit_test(paths_to_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
