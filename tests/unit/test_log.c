/* What a line looks like as text, on a terminal and in the journal. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define JOURNAL_DIR "/run/systemd/journal"

static int real_stderr;

/* stderr becomes `fd`, and the log looks at it anew. */
static void redirect(int fd)
{
	fflush(stderr);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	log_init();
}

static int setup(void **state)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC);

	(void)state;
	if (fd < 0 || unsetenv("JOURNAL_STREAM"))
		return -1;
	redirect(fd);
	close(fd);
	log_set_level(LOG_LEVEL_INFO);
	log_scope(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	redirect(real_stderr);
	return 0;
}

/* What arrived since the last call. Borrowed until the next. */
static const char *logged(void)
{
	static char text[16384];
	ssize_t n;

	fflush(stderr);
	n = pread(STDERR_FILENO, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
	assert_int_equal(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
	return text;
}

static void levels_are_named_but_info(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_DEBUG);
	log_error("no %s", "luck");
	assert_string_equal(logged(), "error: no luck\n");
	log_warning("hm");
	assert_string_equal(logged(), "warning: hm\n");
	log_info("installed");
	assert_string_equal(logged(), "installed\n");
	log_debug("detail");
	assert_string_equal(logged(), "debug: detail\n");
}

static void the_level_is_a_threshold(void **state)
{
	static const char *const upto[] = { "error: e\n", "error: e\nwarning: w\n",
		"error: e\nwarning: w\ni\n", "error: e\nwarning: w\ni\ndebug: d\n" };

	(void)state;
	for (size_t l = 0; l < ARRAY_LEN(upto); l++) {
		log_set_level((enum log_level)l);
		assert_int_equal(log_enabled(LOG_LEVEL_DEBUG), l == LOG_LEVEL_DEBUG);
		log_error("e");
		log_warning("w");
		log_info("i");
		log_debug("d");
		assert_string_equal(logged(), upto[l]);
	}
}

static void level_names(void **state)
{
	enum log_level l = LOG_LEVEL_INFO;

	(void)state;
	assert_false(log_parse_level(&l, "loud"));
	assert_false(log_parse_level(&l, ""));
	assert_int_equal(l, LOG_LEVEL_INFO);
	assert_true(log_parse_level(&l, "error"));
	assert_int_equal(l, LOG_LEVEL_ERROR);
	assert_true(log_parse_level(&l, "Warning"));
	assert_int_equal(l, LOG_LEVEL_WARNING);
	assert_true(log_parse_level(&l, "debug"));
	assert_int_equal(l, LOG_LEVEL_DEBUG);
}

static void the_scope_is_a_prefix(void **state)
{
	(void)state;
	log_scope("www");
	log_info("ordered");
	log_error("refused");
	log_scope(NULL);
	log_info("done");
	assert_string_equal(logged(), "www: ordered\nerror: www: refused\ndone\n");
}

static void fields_are_not_for_text(void **state)
{
	(void)state;
	log_field("ORDER_ID", "55");
	log_info("ordered");
	assert_string_equal(logged(), "ordered\n");
}

static void a_line_stays_a_line(void **state)
{
	(void)state;
	log_info("%s", "a\nerror: forged\r\x1b[2J\xc2\x9b\xe2\x80\xae\\");
	assert_string_equal(
		logged(), "a\\x0aerror: forged\\x0d\\x1b[2J\\xc2\\x9b\\xe2\\x80\\xae\\\n");
}

static void a_long_line_is_cut_and_still_one_line(void **state)
{
	char text[8192];
	const char *line;

	(void)state;
	memset(text, '\x01', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_scope("www");
	log_info("%s", text);
	line = logged();
	assert_memory_equal(line, "www: \\x01\\x01", 13);
	assert_true(strlen(line) > 2000);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void an_error_with_its_context_fits(void **state)
{
	struct err err;
	char text[ERR_TEXT_MAX];

	(void)state;
	memset(text, 'e', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + sizeof(text) - 5, "last", 4);
	err_set(&err, ERR_IO, "%s", text);
	log_error("certificate could not be renewed, will be tried again: %s", err.text);
	assert_non_null(strstr(logged(), "last\n"));
}

static void no_progress_without_a_terminal(void **state)
{
	(void)state;
	log_progress("waiting %d", 1);
	log_progress(NULL);
	assert_string_equal(logged(), "");
}

static void progress_replaces_itself_on_a_terminal(void **state)
{
	static const char expected[] = "waiting 1"
				       "\r\x1b[K"
				       "waiting 2"
				       "\r\x1b[K"
				       "issued\r\n";
	char text[256];
	int pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int tty;
	size_t len = 0;

	(void)state;
	assert_true(pty >= 0);
	assert_int_equal(grantpt(pty) + unlockpt(pty), 0);
	tty = open(ptsname(pty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(tty >= 0);
	redirect(tty);
	log_progress("waiting %d", 1);
	log_progress("waiting %d", 2);
	log_info("issued");
	while (len < sizeof(expected) - 1) {
		ssize_t n = read(pty, text + len, sizeof(text) - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_int_equal(len, sizeof(expected) - 1);
	assert_memory_equal(text, expected, len);
	redirect(real_stderr);
	close(tty);
	close(pty);
}

/* A journal of our own in a mount namespace of our own: its datagram socket, or -1. */
static int open_journal(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = JOURNAL_DIR "/socket" };
	int fd;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("none", "/run", "tmpfs", 0, NULL))
		return -1;
	assert_int_equal(mkdir("/run/systemd", 0755), 0);
	assert_int_equal(mkdir(JOURNAL_DIR, 0755), 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static const char *received(int fd)
{
	static char text[16384];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void the_journal_gets_fields(void **state)
{
	char stream[64];
	struct stat st;
	const char *entry;
	int journal = open_journal();

	(void)state;
	if (journal < 0)
		skip();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_init();
	log_scope("www");
	log_field("ORDER_ID", "55");
	log_warning("not yet: %s", "a\nb");
	entry = received(journal);
	assert_has(entry, "MESSAGE=www: not yet: a\\x0ab\n");
	assert_has(entry, "PRIORITY=4\n");
	assert_has(entry, "CERT_NAME=www\n");
	assert_has(entry, "ORDER_ID=55\n");
	assert_has(entry, "SYSLOG_IDENTIFIER=");
	assert_string_equal(logged(), "");

	log_scope(NULL);
	log_field("SERIAL", "0A");
	log_debug("not shown, and its field with it");
	log_error("bad");
	entry = received(journal);
	assert_has(entry, "MESSAGE=bad\n");
	assert_has(entry, "PRIORITY=3\n");
	assert_null(strstr(entry, "CERT_NAME"));
	assert_null(strstr(entry, "ORDER_ID"));
	assert_null(strstr(entry, "SERIAL"));
	close(journal);
}

static void another_stream_is_not_the_journal(void **state)
{
	static const char *const rows[] = { "", "1:1", "x", "99999999999999:1" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(setenv("JOURNAL_STREAM", rows[i], 1), 0);
		log_init();
		log_info("text");
		assert_string_equal(logged(), "text\n");
	}
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURED(levels_are_named_but_info),
		CAPTURED(the_level_is_a_threshold),
		CAPTURED(level_names),
		CAPTURED(the_scope_is_a_prefix),
		CAPTURED(fields_are_not_for_text),
		CAPTURED(a_line_stays_a_line),
		CAPTURED(a_long_line_is_cut_and_still_one_line),
		CAPTURED(an_error_with_its_context_fits),
		CAPTURED(no_progress_without_a_terminal),
		CAPTURED(progress_replaces_itself_on_a_terminal),
		CAPTURED(another_stream_is_not_the_journal),
		CAPTURED(the_journal_gets_fields),
	};

	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
