#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/parse.h"
#include "base/proc.h"

#define PLENTY_MS 60000

static const char *const default_env[] = { "PATH=/usr/bin:/bin", NULL };

static struct proc_spec sh(const char *const argv[static 4], int64_t timeout_ms)
{
	return (struct proc_spec) { .argv = argv, .env = default_env, .timeout_ms = timeout_ms };
}
#define SH(script) ((const char *const[]) { "/bin/sh", "-c", (script), NULL })

static void run(struct proc_result *r, const char *script, int64_t timeout_ms)
{
	struct proc_spec spec = sh(SH(script), timeout_ms);
	struct err err = { 0 };

	if (!proc_run(r, &spec, &err))
		fail_msg("%s: %s", script, err.text);
}

static void assert_output(const char *script, const char *expected)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	run(&r, script, PLENTY_MS);
	assert_string_equal(buf_str(&r.output), expected);
	assert_int_equal(r.status, 0);
}

/* What a script printed as a number, which is a process in these tests. */
static pid_t printed_pid(const struct proc_result *r)
{
	char digits[16] = "";
	uint64_t pid = 0;

	assert_in_range(r->output.len, 2, sizeof(digits) - 1);
	memcpy(digits, buf_str(&r->output), r->output.len - 1);
	assert_true(parse_uint(&pid, digits, 2, INT32_MAX));
	return (pid_t)pid;
}

/* Gone, or only waiting for its parent to notice. */
static bool is_dead(pid_t pid)
{
	char path[64];
	char stat[512] = "";
	const char *end;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	n = read(fd, stat, sizeof(stat) - 1);
	end = n > 0 ? strrchr(stat, ')') : NULL;
	return !end || end[2] == 'Z' || end[2] == 'X';
}

static bool dies_soon(pid_t pid)
{
	int64_t deadline = clock_ms() + PLENTY_MS;

	while (!is_dead(pid) && clock_ms() < deadline)
		usleep(10000);
	return is_dead(pid);
}

static void test_status(void **state)
{
	static const struct {
		const char *script;
		int status;
	} cases[] = {
		{ "exit 0", 0 },
		{ "exit 1", 1 },
		{ "exit 77", 77 },
		{ "kill -SEGV $$", 128 + SIGSEGV },
		{ "kill -KILL $$", 128 + SIGKILL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(proc_result) struct proc_result r = { 0 };

		run(&r, cases[i].script, PLENTY_MS);
		assert_int_equal(r.status, cases[i].status);
		assert_false(r.timed_out);
	}
}

static void test_cannot_start(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} cases[] = {
		{ "/nonexistent/program", "start /nonexistent/program: No such file or directory" },
		{ "/etc/passwd", "start /etc/passwd: Permission denied" },
		{ "/", "start /: Permission denied" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *argv[] = { cases[i].path, NULL };
		struct proc_spec spec = { argv, default_env, PLENTY_MS };
		struct proc_result r = { 0 };
		struct err err = { 0 };
		pid_t pid = -1;
		int sock = -1;

		assert_false(proc_run(&r, &spec, &err));
		assert_int_equal(err.kind, ERR_DEPLOY);
		assert_string_equal(err.text, cases[i].text);
		assert_null(r.output.data);
		assert_false(proc_start(&pid, &sock, &spec, &err));
		assert_int_equal(err.kind, ERR_INTERNAL);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(pid, -1);
		assert_int_equal(sock, -1);
	}
	/* the children that could not start have been waited for */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_arguments_stay_data(void **state)
{
	static const char *const argv[] = { "/usr/bin/printf", "[%s]\n", "a b", "", "$(id)",
		"`id`; rm -rf *", "\"'\\", "line\nbreak", "--", NULL };
	const struct proc_spec spec = { argv, default_env, PLENTY_MS };
	AUTO(proc_result) struct proc_result r = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(proc_run(&r, &spec, &err));
	assert_string_equal(buf_str(&r.output),
		"[a b]\n[]\n[$(id)]\n[`id`; rm -rf *]\n[\"'\\]\n[line\nbreak]\n[--]\n");
}

static void test_environment_is_exact(void **state)
{
	static const char *const argv[] = { "/usr/bin/env", NULL };
	static const char *const env[] = { "A=1", "B=two words", "C=", NULL };
	const struct proc_spec spec = { argv, env, PLENTY_MS };
	AUTO(proc_result) struct proc_result r = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_return_code(setenv("LD_LIBRARY_PATH", "/leaked", 1), errno);
	assert_true(proc_run(&r, &spec, &err));
	assert_string_equal(buf_str(&r.output), "A=1\nB=two words\nC=\n");
}

static void test_only_three_descriptors(void **state)
{
	AUTO(fd) int leaky = open("/dev/null", O_RDONLY);
	int high = fcntl(leaky, F_DUPFD, 100);

	(void)state;
	assert_true(leaky >= 0 && high >= 100);
	/* the glob is expanded by the shell itself: no descriptor but the directory's, by then
	 * closed */
	assert_output("for fd in 0 1 2 3 4 5 6 7 8 9 10 100; do "
		      "[ -e /proc/$$/fd/$fd ] && echo $fd; done; true",
		"0\n1\n2\n");
	assert_output("ls /proc/self/fd | wc -l", "4\n"); /* ls has the directory open */
	close(high);
}

static void test_surroundings(void **state)
{
	mode_t before = umask(077);

	(void)state;
	assert_output("readlink /proc/self/fd/0; pwd; umask", "/dev/null\n/\n0022\n");
	umask(before);
	/* a session and a process group of its own: both are its pid */
	assert_output("read -r pid name state parent group session rest </proc/self/stat; "
		      "echo $((pid - $$)) $((group - $$)) $((session - $$))",
		"0 0 0\n");
}

static void test_deleted_directory(void **state)
{
	char dir[] = "/tmp/scm-test-proc-XXXXXX";
	AUTO(fd) int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_return_code(chdir(dir), errno);
	assert_return_code(rmdir(dir), errno);
	assert_output("pwd", "/\n");
	assert_return_code(fchdir(before), errno);
}

static void test_signals_are_default(void **state)
{
	sigset_t blocked;
	sigset_t before;

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	assert_return_code(sigprocmask(SIG_BLOCK, &blocked, &before), errno);
	signal(SIGPIPE, SIG_IGN);
	assert_output("grep -E '^Sig(Blk|Ign)' /proc/self/status",
		"SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	signal(SIGPIPE, SIG_DFL);
	assert_return_code(sigprocmask(SIG_SETMASK, &before, NULL), errno);
}

/* Whoever started us may have ignored SIGCHLD; the kernel would then keep no status. */
static void test_ignored_sigchld(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	run(&r, "exit 3", PLENTY_MS);
	assert_int_equal(r.status, 3);
}

static void test_output(void **state)
{
	AUTO(proc_result) struct proc_result r = { .output = BUF(7) };

	(void)state;
	assert_output("echo one; echo two >&2; echo three", "one\ntwo\nthree\n");
	assert_output("exec >&- 2>&-; sleep 0.2", "");
	run(&r, "echo 0123456789; exit 4", PLENTY_MS);
	assert_string_equal(buf_str(&r.output), "0123456");
	assert_int_equal(r.status, 4);
}

/* Standard descriptors that are closed in the caller must not confuse the child's. */
static void test_closed_standard_descriptors(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		struct proc_result r = { 0 };
		struct proc_spec spec =
			sh(SH("readlink /proc/self/fd/0; echo out; echo err >&2"), PLENTY_MS);
		struct err err = { 0 };

		close(0);
		close(1);
		close(2);
		if (!proc_run(&r, &spec, &err))
			_exit(10);
		_exit(strcmp(buf_str(&r.output), "/dev/null\nout\nerr\n") ? 11 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_gibibyte(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	(void)state;
	run(&r, "head -c 1073741824 /dev/zero", PLENTY_MS);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.output.len, 64 * 1024);
}

/* A flood must not keep us from looking at the clock. */
static void test_endless_flood(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	(void)state;
	run(&r, "exec cat /dev/zero", 300);
	assert_true(r.timed_out);
	assert_int_equal(r.status, 128 + SIGTERM);
	assert_int_equal(r.output.len, 64 * 1024);
}

static void test_timeout_terminates_group(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };
	AUTO(proc_result) struct proc_result polite = { 0 };

	(void)state;
	run(&r, "sleep 1000 & echo $!; wait", 2000);
	assert_true(r.timed_out);
	assert_int_equal(r.status, 128 + SIGTERM);
	assert_true(dies_soon(printed_pid(&r)));
	run(&polite, "trap 'echo ended politely; exit 5' TERM; sleep 1000 & wait", 2000);
	assert_true(polite.timed_out);
	assert_int_equal(polite.status, 5);
	assert_string_equal(buf_str(&polite.output), "ended politely\n");
}

/* Takes the ten seconds between SIGTERM and SIGKILL. */
static void test_timeout_kills_who_ignores_term(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };
	int64_t begin = clock_ms();

	(void)state;
	run(&r, "trap '' TERM; sleep 1000 & echo $!; while :; do sleep 1000; done", 2000);
	assert_true(r.timed_out);
	assert_int_equal(r.status, 128 + SIGKILL);
	assert_true(clock_ms() - begin >= 10000);
	assert_true(dies_soon(printed_pid(&r)));
}

/* The member of the group that outlives the program, deaf to SIGTERM, is killed with it. */
static void test_timeout_leaves_nobody(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	(void)state;
	run(&r, "(trap '' TERM; exec sleep 1000) & echo $!; wait", 2000);
	assert_true(r.timed_out);
	assert_true(dies_soon(printed_pid(&r)));
}

/* A background child with our pipe open, in the program's session or in its own. */
static void test_daemon_does_not_hold_us(void **state)
{
	static const char *const scripts[] = {
		"sleep 1000 & echo $!",
		"setsid sleep 1000 & echo $!",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		AUTO(proc_result) struct proc_result r = { 0 };
		pid_t daemon;

		run(&r, scripts[i], PLENTY_MS);
		assert_int_equal(r.status, 0);
		assert_false(r.timed_out);
		daemon = printed_pid(&r);
		assert_false(is_dead(daemon));
		kill(daemon, SIGKILL);
		assert_true(dies_soon(daemon));
	}
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_no_descriptor_is_lost(void **state)
{
	static const char *const missing[] = { "/nonexistent", NULL };
	struct proc_spec bad = { missing, default_env, PLENTY_MS };
	struct proc_spec good = sh(SH("exit 0"), PLENTY_MS);
	size_t before = open_descriptors();
	struct err err = { 0 };
	pid_t pid;
	int sock;

	(void)state;
	for (int i = 0; i < 3; i++) {
		AUTO(proc_result) struct proc_result r = { 0 };

		assert_false(proc_run(&r, &bad, &err));
		assert_false(proc_start(&pid, &sock, &bad, &err));
		run(&r, "exit 0", PLENTY_MS);
		assert_true(proc_start(&pid, &sock, &good, &err));
		close(sock);
		assert_int_equal(proc_stop(pid, PLENTY_MS), 0);
	}
	assert_int_equal(open_descriptors(), before);
}

static void test_companion_talks(void **state)
{
	struct proc_spec spec = sh(SH("exec cat <&3 >&3"), 0);
	struct err err = { 0 };
	char answer[16] = "";
	size_t got = 0;
	pid_t pid;
	int sock;
	ssize_t n;

	(void)state;
	assert_true(proc_start(&pid, &sock, &spec, &err));
	assert_int_equal(write(sock, "ping", 4), 4);
	assert_return_code(shutdown(sock, SHUT_WR), errno);
	while ((n = read(sock, answer + got, sizeof(answer) - 1 - got)) > 0)
		got += (size_t)n;
	assert_string_equal(answer, "ping");
	assert_int_equal(proc_stop(pid, PLENTY_MS), 0);
	close(sock);
}

static void test_companion_surroundings(void **state)
{
	struct proc_spec spec = sh(SH("for fd in 0 1 2 3 4 5 6 7 8 9 10 100; do "
				      "[ -e /proc/$$/fd/$fd ] && echo $fd >&3; done; "
				      "readlink /proc/self/fd/0 >&3; exit 9"),
		0);
	AUTO(fd) int leaky = open("/dev/null", O_RDONLY);
	struct err err = { 0 };
	char answer[64] = "";
	size_t got = 0;
	pid_t pid;
	int sock;
	ssize_t n;

	(void)state;
	assert_true(proc_start(&pid, &sock, &spec, &err));
	while ((n = read(sock, answer + got, sizeof(answer) - 1 - got)) > 0)
		got += (size_t)n;
	assert_string_equal(answer, "0\n1\n2\n3\n/dev/null\n");
	assert_int_equal(proc_stop(pid, PLENTY_MS), 9);
	close(sock);
}

static void test_companion_is_stopped(void **state)
{
	struct proc_spec spec = sh(SH("trap '' TERM; exec sleep 1000"), 0);
	struct err err = { 0 };
	pid_t pid;
	int sock;

	(void)state;
	assert_true(proc_start(&pid, &sock, &spec, &err));
	assert_int_equal(proc_stop(pid, 100), 128 + SIGKILL);
	close(sock);
}

/* Its stdout is inherited: the pipe reaches its end when nobody is left to write to it. */
static void test_companion_dies_with_us(void **state)
{
	struct pollfd p = { .events = POLLIN };
	char word[8] = "";
	int pipes[2];
	pid_t middle;

	(void)state;
	assert_return_code(pipe2(pipes, O_CLOEXEC), errno);
	middle = fork();
	assert_true(middle >= 0);
	if (!middle) {
		struct proc_spec spec = sh(SH("echo up; exec sleep 1000"), 0);
		struct err err = { 0 };
		pid_t pid;
		int sock;

		dup2(pipes[1], STDOUT_FILENO);
		if (!proc_start(&pid, &sock, &spec, &err))
			_exit(1);
		pause();
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], word, sizeof(word) - 1), 3);
	assert_string_equal(word, "up\n");
	kill(middle, SIGKILL);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	p.fd = pipes[0];
	assert_int_equal(poll(&p, 1, PLENTY_MS), 1);
	assert_int_equal(read(pipes[0], word, sizeof(word)), 0);
	close(pipes[0]);
}

static int fork_handlers;

static void count_fork(void)
{
	fork_handlers++;
}

/* A library's handler may take a lock that another thread never gives back. */
static void test_no_fork_handler_of_a_library_runs(void **state)
{
	AUTO(proc_result) struct proc_result r = { 0 };

	(void)state;
	assert_int_equal(pthread_atfork(count_fork, count_fork, count_fork), 0);
	run(&r, "exit 0", PLENTY_MS);
	assert_int_equal(r.status, 0);
	assert_int_equal(fork_handlers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_cannot_start),
		cmocka_unit_test(test_arguments_stay_data),
		cmocka_unit_test(test_environment_is_exact),
		cmocka_unit_test(test_only_three_descriptors),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_deleted_directory),
		cmocka_unit_test(test_signals_are_default),
		cmocka_unit_test(test_ignored_sigchld),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_closed_standard_descriptors),
		cmocka_unit_test(test_gibibyte),
		cmocka_unit_test(test_endless_flood),
		cmocka_unit_test(test_timeout_terminates_group),
		cmocka_unit_test(test_timeout_kills_who_ignores_term),
		cmocka_unit_test(test_timeout_leaves_nobody),
		cmocka_unit_test(test_daemon_does_not_hold_us),
		cmocka_unit_test(test_no_descriptor_is_lost),
		cmocka_unit_test(test_companion_talks),
		cmocka_unit_test(test_companion_surroundings),
		cmocka_unit_test(test_companion_is_stopped),
		cmocka_unit_test(test_companion_dies_with_us),
		cmocka_unit_test(test_no_fork_handler_of_a_library_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
