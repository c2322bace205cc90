/*
 * The names that faults are written with: operations, kinds and the values of some kinds.
 */
#ifndef SIM_FAULT_TABLE_H
#define SIM_FAULT_TABLE_H

#include "fault.h"

enum scope { IN_ANSWER, IN_TOKEN, IN_COLLECT, IN_ISSUE };
enum takes { NOTHING, NUMBER, OPTIONAL_NUMBER, TEXT, OPTIONAL_TEXT };

struct fault_kind {
	const char *name;
	enum scope scope;
	enum takes takes;
	const char *help;
};

extern const char *const fault_ops[OP_COUNT];
extern const struct fault_kind fault_kinds[FAULT_COUNT];

/* What the value, up to a '/', can be, each with a space around it; NULL: anything. */
const char *fault_words(enum fault_id id);

#endif
