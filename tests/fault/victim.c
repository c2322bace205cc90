/*
 * What crashat is tried on: a known sequence of calls, one after the other, made by threads,
 * children, children of children, a seccomp'ed one, one that is not dumpable, one that becomes
 * another program, and a daemon that wants to stay. test_crashat.sh has the list.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void in_a_file(void)
{
	int fd = open("d/a", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, "0123456789", 10) == 10 && !fsync(fd), "d/a");
	close(fd);
}

static void *in_a_thread(void *arg)
{
	int fd = open("d/t", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && pwrite(fd, "abc", 3, 4) == 3, "d/t");
	close(fd);
	return arg;
}

static void in_a_child(void)
{
	must(!symlink("nowhere", "d/s"), "d/s");
}

static void in_another_program(void)
{
	must(!execl("/proc/self/exe", "victim", "leaf", NULL), "exec");
}

/* Nothing but what is on the list below; all else kills. */
static void in_a_sandbox(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlink, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	must(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
			!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program),
		"seccomp");
	_exit(unlink("d/t") ? 1 : 0);
}

static void in_the_dark(void)
{
	must(!prctl(PR_SET_DUMPABLE, 0), "dumpable");
	must(!mkdir("d/u", 0700), "d/u");
}

static void in_a_child_that_dies_with_us(void)
{
	must(!prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
	must(!chmod("d/b", 0640), "d/b");
}

static void run(void (*step)(void), pid_t (*start)(void))
{
	int status;
	pid_t pid = start();

	if (!pid) {
		step();
		_exit(0);
	}
	must(pid > 0 && waitpid(pid, &status, 0) == pid, "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "child: status %x\n", (unsigned)status);
		exit(1);
	}
}

/* A daemon by the book, deaf to all but SIGKILL; tells that it is there, then stays. */
static void leave_a_daemon(void)
{
	int told[2];
	char byte;

	must(!pipe(told), "pipe");
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		must(!mkdir("d/daemon", 0700), "d/daemon");
		must(write(told[1], "x", 1) == 1, "tell");
		for (;;)
			pause();
	}
	must(wait(NULL) > 0 && read(told[0], &byte, 1) == 1, "daemon");
	close(told[0]);
	close(told[1]);
}

static void on_a_socket(void)
{
	int pair[2];

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	must(send(pair[0], "abcd", 4, 0) == 4 && write(pair[1], "efgh", 4) == 4, "send");
	close(pair[0]);
	close(pair[1]);
}

static void in_two_parts(void)
{
	const struct iovec parts[] = { { (char *)"xx", 2 }, { (char *)"yyy", 3 } };
	int fd = open("d/b", O_WRONLY | O_APPEND | O_CLOEXEC);

	must(fd >= 0 && writev(fd, parts, 2) == 5, "d/b");
	close(fd);
}

static void nothing_that_counts(void)
{
	char byte;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pipes[2];

	must(fd >= 0 && write(fd, "x", 1) == 1 && !pipe(pipes), "null");
	must(write(pipes[1], "x", 1) == 1 && read(pipes[0], &byte, 1) == 1, "pipe");
	must(write(STDOUT_FILENO, "finished\n", 9) == 9, "stdout");
	close(fd);
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc == 2 && !strcmp(argv[1], "leaf"))
		return rename("d/a", "d/b") ? 1 : 0;
	must(!mkdir("d", 0700), "d");
	in_a_file();
	must(!pthread_create(&thread, NULL, in_a_thread, NULL) && !pthread_join(thread, NULL),
		"thread");
	run(in_a_child, fork);
	run(in_another_program, fork);
	run(in_a_sandbox, fork);
	run(in_the_dark, fork);
	leave_a_daemon();
	run(in_a_child_that_dies_with_us, fork);
	on_a_socket();
	in_two_parts();
	nothing_that_counts();
	return 0;
}
