#include "tree.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "point.h"

/* How long the rest of the tree may keep the chosen call from returning. */
#define RETURN_SECONDS 10

struct tree {
	const struct tree_plan *plan;
	struct tree_result *result;
	pid_t root;
	pid_t chosen; /* the task whose call is to return before everything is killed, or 0 */
	bool ending;  /* everything is being killed */
	pid_t *task;
	size_t tasks;
};

static volatile sig_atomic_t alarmed;

static void on_alarm(int signal)
{
	(void)signal;
	alarmed = 1;
}

static void know(struct tree *t, pid_t tid)
{
	pid_t *task;

	for (size_t i = 0; i < t->tasks; i++)
		if (t->task[i] == tid)
			return;
	task = reallocarray(t->task, t->tasks + 1, sizeof(*task));
	if (!task)
		abort();
	t->task = task;
	task[t->tasks++] = tid;
}

static void forget(struct tree *t, pid_t tid)
{
	for (size_t i = 0; i < t->tasks; i++)
		if (t->task[i] == tid)
			t->task[i] = t->task[--t->tasks];
}

static void kill_all(struct tree *t)
{
	t->ending = true;
	t->chosen = 0;
	for (size_t i = 0; i < t->tasks; i++)
		kill(t->task[i], SIGKILL);
}

/* A task may be gone at any time: ESRCH is no failure. */
static void resume(pid_t tid, int signal)
{
	ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)signal);
}

static bool excluded(const struct tree *t, pid_t tid)
{
	char comm[32];

	if (!t->plan->exclude)
		return false;
	point_comm(comm, tid);
	for (char **name = t->plan->exclude; *name; name++)
		if (!strcmp(*name, comm))
			return true;
	return false;
}

static void list(const struct tree *t, pid_t tid, const struct point *p)
{
	char comm[32];

	if (!t->plan->list)
		return;
	point_comm(comm, tid);
	fprintf(t->plan->list, "%lu %s %s %s\n", t->result->points, comm, p->call, p->detail);
	fflush(t->plan->list);
}

static bool halve(pid_t tid, const struct point *p)
{
	struct user_regs_struct regs;

	if (p->length_arg < 0 || p->length < 2 || ptrace(PTRACE_GETREGS, tid, NULL, &regs))
		return false;
	switch (p->length_arg) {
	case 2:
		regs.rdx = p->length / 2;
		break;
	case 3:
		regs.r10 = p->length / 2;
		break;
	case 4:
		regs.r8 = p->length / 2;
		break;
	default:
		return false;
	}
	return !ptrace(PTRACE_SETREGS, tid, NULL, &regs);
}

/* The point that was asked for. */
static void strike(struct tree *t, pid_t tid, const struct point *p)
{
	if (t->plan->mode == TREE_HALF && !halve(tid, p)) {
		t->result->indivisible = true;
		resume(tid, 0);
		return;
	}
	t->result->killed = true;
	if (t->plan->mode == TREE_ENTRY) {
		kill_all(t);
		return;
	}
	t->chosen = tid;
	alarm(RETURN_SECONDS);
	resume(tid, 0);
}

static void on_entry(struct tree *t, pid_t tid, const struct ptrace_syscall_info *info)
{
	struct point p;

	if (!point_at(&p, tid, info) || excluded(t, tid)) {
		resume(tid, 0);
		return;
	}
	/* nobody else gets any further once the call has been chosen */
	if (t->chosen)
		return;
	t->result->points++;
	list(t, tid, &p);
	if (t->result->points == t->plan->at)
		strike(t, tid, &p);
	else
		resume(tid, 0);
}

static void on_syscall(struct tree *t, pid_t tid)
{
	struct ptrace_syscall_info info = { 0 };

	ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, tid, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && tid == t->chosen)
		kill_all(t);
	else
		resume(tid, 0);
}

static bool stops(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void on_stop(struct tree *t, pid_t tid, int status)
{
	int signal = WSTOPSIG(status);
	int event = status >> 16;

	know(t, tid);
	if (t->ending)
		kill(tid, SIGKILL);
	else if (signal == (SIGTRAP | 0x80))
		on_syscall(t, tid);
	else if (event == PTRACE_EVENT_STOP && stops(signal))
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
	else
		resume(tid, event ? 0 : signal);
}

static void on_end(struct tree *t, pid_t tid, int status)
{
	forget(t, tid);
	if (tid == t->root && !t->ending)
		t->result->status = status;
	if (tid == t->chosen)
		kill_all(t);
}

/*
 * Until nothing is left to wait for. The end of the command itself is the end of the run: what it
 * left behind is killed, as a test that follows wants to be alone.
 */
static void follow(struct tree *t)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno == ECHILD)
			return;
		if (tid > 0 && WIFSTOPPED(status))
			on_stop(t, tid, status);
		else if (tid > 0)
			on_end(t, tid, status);
		if (alarmed) {
			alarmed = 0;
			t->result->late = !t->chosen;
			kill_all(t);
		}
		if (tid == t->root && !WIFSTOPPED(status) && !t->ending)
			kill_all(t);
	}
}

static void __attribute__((noreturn)) run_command(char **argv, int go)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(127);
	close(go);
	prctl(PR_SET_PDEATHSIG, 0);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* The child waits at the pipe until it is traced. */
static pid_t start(char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int go[2];
	pid_t pid;
	bool traced;

	if (pipe(go))
		return -1;
	pid = fork();
	if (!pid) {
		close(go[1]);
		run_command(argv, go[0]);
	}
	close(go[0]);
	traced = pid > 0 && !ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) &&
		 !ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	if (!traced) {
		perror("trace");
		close(go[1]);
		return -1;
	}
	if (write(go[1], "x", 1) != 1)
		perror("pipe");
	close(go[1]);
	return pid;
}

bool tree_run(struct tree_result *out, const struct tree_plan *plan)
{
	const struct sigaction alarm_action = { .sa_handler = on_alarm };
	struct tree t = { .plan = plan, .result = out };

	*out = (struct tree_result) { 0 };
	/* what is orphaned comes to us, so that we can wait for all of it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigaction(SIGALRM, &alarm_action, NULL);
	t.root = start(plan->argv);
	if (t.root < 0)
		return false;
	know(&t, t.root);
	alarmed = 0;
	alarm(plan->timeout);
	follow(&t);
	alarm(0);
	free(t.task);
	return true;
}
