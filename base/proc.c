#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"

#define OUTPUT_MAX (64 * 1024)
#define GRACE_MS 10000
#define TICK_MS 20
#define COMPANION_FD 3

void proc_result_dispose(struct proc_result *r)
{
	buf_dispose(&r->output);
}

/* In the child: default signals, and every descriptor above the kept ones closed at exec. */
static void clean_child(unsigned first_closed)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	close_range(first_closed, ~0U, CLOSE_RANGE_CLOEXEC);
	setsid();
}

/* The one word that a child can tell before it becomes another program: errno of execve. */
static void __attribute__((noreturn)) exec_or_tell(const struct proc_spec *spec, int tell)
{
	int number;

	execve(spec->argv[0], (char *const *)spec->argv, (char *const *)spec->env);
	number = errno;
	if (write(tell, &number, sizeof(number)) < 0)
		_exit(126);
	_exit(127);
}

static bool started(int told, pid_t pid, const char *path, struct err *err)
{
	int number;
	ssize_t n;

	do
		n = read(told, &number, sizeof(number));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return true;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = number;
	return err_errno(err, ERR_DEPLOY, "start %s", path);
}

static int status_of(int wait_status)
{
	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	return 128 + WTERMSIG(wait_status);
}

/* True when it has ended; `grace` tells how far a late one has been pushed. */
static bool ended(int *wait_status, pid_t pid)
{
	pid_t got = waitpid(pid, wait_status, WNOHANG);

	return got == pid || (got < 0 && errno != EINTR);
}

static void drain(struct buf *out, int fd)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0) {
		size_t room = out->max - out->len;

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
	int wait_status = 0;

	while (!ended(&wait_status, pid)) {
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
	r->status = status_of(wait_status);
}

bool proc_run(struct proc_result *out, const struct proc_spec *spec, struct err *err)
{
	AUTO(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int output[2];
	int tell[2];
	pid_t pid;
	bool ok;

	if (null < 0)
		return err_errno(err, ERR_INTERNAL, "open /dev/null");
	if (pipe2(output, O_CLOEXEC | O_NONBLOCK))
		return err_errno(err, ERR_INTERNAL, "make a pipe");
	AUTO(fd) int output_read = output[0];
	AUTO(fd) int output_write = output[1];
	if (pipe2(tell, O_CLOEXEC))
		return err_errno(err, ERR_INTERNAL, "make a pipe");
	AUTO(fd) int tell_read = tell[0];
	AUTO(fd) int tell_write = tell[1];
	pid = fork();
	if (pid < 0)
		return err_errno(err, ERR_INTERNAL, "fork");
	if (!pid) {
		/* a hook writes to a pipe of its own open file description: blocking, as programs
		 * expect */
		fcntl(output_write, F_SETFL, 0);
		dup2(null, STDIN_FILENO);
		dup2(output_write, STDOUT_FILENO);
		dup2(output_write, STDERR_FILENO);
		clean_child(STDERR_FILENO + 1);
		exec_or_tell(spec, tell_write);
	}
	fs_close(output_write);
	output_write = -1;
	fs_close(tell_write);
	tell_write = -1;
	ok = started(tell_read, pid, spec->argv[0], err);
	if (!ok)
		return false;
	if (!out->output.max)
		out->output = BUF(OUTPUT_MAX);
	out->timed_out = false;
	supervise(out, pid, output_read, spec->timeout_ms);
	return true;
}

bool proc_start(pid_t *pid, int *sock, const struct proc_spec *spec, struct err *err)
{
	AUTO(fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t parent = getpid();
	int pair[2];
	int tell[2];
	pid_t child;

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_errno(err, ERR_INTERNAL, "make a socket pair");
	AUTO(fd) int ours = pair[0];
	AUTO(fd) int theirs = pair[1];
	if (pipe2(tell, O_CLOEXEC))
		return err_errno(err, ERR_INTERNAL, "make a pipe");
	AUTO(fd) int tell_read = tell[0];
	AUTO(fd) int tell_write = tell[1];
	child = fork();
	if (child < 0)
		return err_errno(err, ERR_INTERNAL, "fork");
	if (!child) {
		/* out of the way of COMPANION_FD before anything is put there */
		int end = fcntl(theirs, F_DUPFD, COMPANION_FD + 1);
		int teller = fcntl(tell_write, F_DUPFD_CLOEXEC, COMPANION_FD + 1);

		dup2(null, STDIN_FILENO);
		dup2(end, COMPANION_FD);
		clean_child(COMPANION_FD + 1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(126);
		exec_or_tell(spec, teller);
	}
	fs_close(tell_write);
	tell_write = -1;
	if (!started(tell_read, child, spec->argv[0], err))
		return false;
	*pid = child;
	*sock = ours;
	ours = -1;
	return true;
}

int proc_stop(pid_t pid, int64_t timeout_ms)
{
	const struct timespec pause = { .tv_nsec = TICK_MS * 1000000L };
	int64_t deadline = clock_ms() + timeout_ms;
	int wait_status = 0;

	while (!ended(&wait_status, pid)) {
		if (clock_ms() >= deadline)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
	return status_of(wait_status);
}
