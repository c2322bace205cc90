#include "base/proc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"

#define OUTPUT_MAX (64 * 1024)
#define GRACE_MS 10000
#define TICK_MS 20
#define COMPANION_FD 3
#define READS_AT_ONCE 16 /* of 4 KiB: a full pipe, but not a flood without end */
#define SERVICE_UMASK 022

void proc_result_dispose(struct proc_result *r)
{
	buf_dispose(&r->output);
}

/*
 * In the child: fds[i] becomes descriptor i, unless it is -1. Two steps, since a caller that was
 * started with descriptor 0, 1 or 2 closed has other things there; and dup2() of a number onto
 * itself would keep close-on-exec.
 */
static bool wire(int *fds, int n)
{
	for (int i = 0; i < n; i++)
		if (fds[i] >= 0 && (fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, n)) < 0)
			return false;
	for (int i = 0; i < n; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			return false;
	return true;
}

/* In the child: nothing of ours but the first `kept` descriptors, and default signals. */
static void clean_child(int kept)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	close_range((unsigned)kept, ~0U, CLOSE_RANGE_CLOEXEC);
	setsid();
}

/* The one word that a child can tell before it is another program: why it could not become it. */
static void __attribute__((noreturn))
become(const struct proc_spec *spec, int *fds, int n, int tell)
{
	int teller = fcntl(tell, F_DUPFD_CLOEXEC, n);
	int number;

	if (teller >= 0 && wire(fds, n)) {
		clean_child(n);
		execve(spec->argv[0], (char *const *)spec->argv, (char *const *)spec->env);
	}
	number = errno;
	if (write(teller, &number, sizeof(number)) < 0)
		_exit(126);
	_exit(127);
}

static int reap(pid_t pid)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	assert(got == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* False when the child told why it could not become the program. */
static bool started(int told, pid_t pid)
{
	int number;
	ssize_t n;

	do
		n = read(told, &number, sizeof(number));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return true;
	reap(pid);
	errno = number;
	return false;
}

/* In the child. A hook finds what a service finds; a companion dies with us. */
static void __attribute__((noreturn))
run_child(const struct proc_spec *spec, int *fds, int n, int tell, pid_t parent)
{
	if (n > COMPANION_FD) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
	} else {
		umask(SERVICE_UMASK);
		if (chdir("/"))
			_exit(126);
	}
	become(spec, fds, n, tell);
}

/* Starts it with fds[i] as its descriptor i, -1 for one that it inherits. */
static bool launch(pid_t *out, const struct proc_spec *spec, int *fds, int n, struct err *err)
{
	pid_t parent = getpid();
	int tell[2];
	pid_t pid;

	if (pipe2(tell, O_CLOEXEC))
		return err_errno(err, ERR_INTERNAL, "make a pipe");
	AUTO(fd) int told = tell[0];
	AUTO(fd) int teller = tell[1];
	/* an ignored SIGCHLD, which a program inherits, would hide from us how a child ended */
	signal(SIGCHLD, SIG_DFL);
	/*
	 * Without the handlers for fork() that libraries bring along: a PKCS#11 module's may wait
	 * for what another thread never gives back, or talk to its token. The child only executes.
	 */
	pid = _Fork();
	if (pid < 0)
		return err_errno(err, ERR_INTERNAL, "fork");
	if (!pid)
		run_child(spec, fds, n, teller, parent);
	fs_close(teller);
	teller = -1;
	if (!started(told, pid))
		return err_errno(err, n > COMPANION_FD ? ERR_INTERNAL : ERR_DEPLOY, "start %s",
			spec->argv[0]);
	*out = pid;
	return true;
}

/* It stays a zombie until reap(), so that its number, and its group's, can't be another's yet. */
static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };
	int rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);

	assert(rc == 0);
	return info.si_pid == pid;
}

static void drain(struct buf *out, int fd)
{
	for (int i = 0; i < READS_AT_ONCE; i++) {
		char part[4096];
		ssize_t n = read(fd, part, sizeof(part));
		size_t room = out->max - out->len;

		if (n <= 0)
			return;
		buf_add(out, part, (size_t)n < room ? (size_t)n : room);
	}
}

/*
 * Waits for the program, not for the pipe: a background child that keeps the pipe open is its own
 * affair. Late programs get SIGTERM, then SIGKILL, as a group.
 */
static void supervise(struct proc_result *r, pid_t pid, int fd, int64_t timeout_ms)
{
	int64_t deadline = clock_ms() + timeout_ms;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (!ended(pid)) {
		if (poll(&p, 1, TICK_MS) > 0)
			drain(&r->output, fd);
		/* at end of file poll() returns at once for ever: wait for the exit alone */
		if (p.revents & POLLHUP && !(p.revents & POLLIN))
			p.fd = -1;
		if (clock_ms() < deadline)
			continue;
		kill(-pid, r->timed_out ? SIGKILL : SIGTERM);
		r->timed_out = true;
		deadline = clock_ms() + GRACE_MS;
	}
	drain(&r->output, fd);
	if (r->timed_out)
		kill(-pid, SIGKILL);
	r->status = reap(pid);
}

bool proc_run(struct proc_result *out, const struct proc_spec *spec, struct err *err)
{
	AUTO(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output[2];
	pid_t pid = -1;

	if (null < 0 || pipe2(output, O_CLOEXEC))
		return err_errno(err, ERR_INTERNAL, "make a pipe");
	AUTO(fd) int ours = output[0];
	AUTO(fd) int theirs = output[1];
	fcntl(ours, F_SETFL, O_NONBLOCK);
	if (!launch(&pid, spec, (int[]) { null, theirs, theirs }, 3, err))
		return false;
	fs_close(theirs);
	theirs = -1;
	if (!out->output.max)
		out->output = BUF(OUTPUT_MAX);
	out->timed_out = false;
	supervise(out, pid, ours, spec->timeout_ms);
	return true;
}

bool proc_start(pid_t *pid, int *sock, const struct proc_spec *spec, struct err *err)
{
	AUTO(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_errno(err, ERR_INTERNAL, "make a socket pair");
	AUTO(fd) int ours = pair[0];
	AUTO(fd) int theirs = pair[1];
	if (!launch(pid, spec, (int[]) { null, -1, -1, theirs }, COMPANION_FD + 1, err))
		return false;
	*sock = ours;
	ours = -1;
	return true;
}

int proc_stop(pid_t pid, int64_t timeout_ms)
{
	const struct timespec pause = { .tv_nsec = TICK_MS * 1000000L };
	int64_t deadline = clock_ms() + timeout_ms;

	while (!ended(pid)) {
		if (clock_ms() >= deadline)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return reap(pid);
}
