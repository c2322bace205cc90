/*
 * Which system calls change what is left when a process is killed: files, directories, their
 * permissions, their durability, and what has been said on a socket. Each is a point at which a
 * crash may be simulated. Reading, memory, waiting and writing to a terminal or a pipe are not.
 */
#ifndef TESTS_FAULT_POINT_H
#define TESTS_FAULT_POINT_H

#include <linux/ptrace.h>
#include <stdbool.h>
#include <sys/types.h>

struct point {
	const char *call;  /* its name */
	char detail[4096]; /* the path or descriptor that it is about */
	int length_arg;	   /* argument that can be halved, or -1 */
	unsigned long length;
};

/*
 * Looks at task `tid`, stopped on entry of a call. True when the call is a point; `out` is filled
 * then. Writes to our own stdout and stderr are none, wherever the program has them.
 */
bool point_at(struct point *out, pid_t tid, const struct ptrace_syscall_info *info);

/* The name of the program that a task runs ("" when it is gone). */
void point_comm(char out[static 32], pid_t tid);

#endif
