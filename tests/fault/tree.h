/*
 * A command and everything that it starts, traced (ptrace), so that the whole tree can be killed
 * at the k-th point (point.h), counted over all its processes and threads in the order in which
 * they get there.
 *
 * Nothing of the tree outlives tree_run(), not even what made itself a daemon. What was running
 * before is not touched. A tracee that is not dumpable can only be looked at by root.
 */
#ifndef TESTS_FAULT_TREE_H
#define TESTS_FAULT_TREE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum tree_mode {
	TREE_ENTRY, /* killed before the call does anything */
	TREE_EXIT,  /* killed when it is done, before its caller knows */
	TREE_HALF,  /* a write is cut to half its length, and killed when that is done */
};

struct tree_plan {
	char **argv;
	unsigned long at; /* which point, from 1; 0 to count only */
	enum tree_mode mode;
	unsigned timeout; /* seconds, then the tree is killed as late */
	FILE *list;	  /* gets a line for each point, unless NULL */
	char **exclude;	  /* names of programs whose calls are not counted; NULL-terminated */
};

struct tree_result {
	unsigned long points;
	bool killed;	  /* at the point that was asked for */
	bool indivisible; /* TREE_HALF at a call that has no half: it ran on */
	bool late;
	int status; /* of the command, as waitpid() has it; when not killed */
};

/* False when the command could not be started or traced; says why on stderr. */
bool tree_run(struct tree_result *out, const struct tree_plan *plan);

#endif
