/*
 * Running another program: no shell, an environment made from nothing, only the descriptors it
 * needs, a session of its own, and an end that comes in time.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct proc_spec {
	const char *const
		*argv;		/* NULL-terminated; argv[0] is the absolute path that is executed */
	const char *const *env; /* NULL-terminated "NAME=value"; the whole environment */
	int64_t timeout_ms;	/* then SIGTERM to its process group, 10 s later SIGKILL */
};

struct proc_result {
	int status; /* exit status; 128 + signal when a signal ended it */
	bool timed_out;
	struct buf output; /* stdout and stderr together, the first output.max bytes; the rest is
			      dropped */
};

void proc_result_dispose(struct proc_result *r);
AUTO_DEFINE_REF(proc_result, struct proc_result, proc_result_dispose);

/*
 * Runs it and waits: in "/", with umask 022 as services have it, stdin /dev/null. A process that it
 * leaves behind with the output still open does not hold us up: the run ends when the program
 * itself has ended. True when it was started, whatever its status; ERR_DEPLOY when it can't be
 * executed. out->output is given a limit of 64 KiB unless it has one.
 */
MUST_USE bool proc_run(struct proc_result *out, const struct proc_spec *spec, struct err *err);

/*
 * Starts a companion: descriptor 3 of the child is one end of a stream socket pair, *sock ours;
 * stdin is /dev/null, stdout and stderr are inherited. It is killed when this thread dies.
 * ERR_INTERNAL.
 */
MUST_USE bool proc_start(pid_t *pid, int *sock, const struct proc_spec *spec, struct err *err);

/* Waits for a companion; kills it after `timeout_ms`. The status as in proc_result. */
int proc_stop(pid_t pid, int64_t timeout_ms);

#endif
