/*
 * `key list`, `key probe`, `key prune`: a file for each, and what cmd_key.c gives them.
 */
#ifndef AGENT_CMD_KEY_H
#define AGENT_CMD_KEY_H

#include "agent/cmd.h"
#include "agent/key_uses.h"
#include "agent/out.h"

struct key_work {
	struct cmd_context *c;
	struct run *run;
	struct out *out;
	bool failed; /* a key does not work: the exit status says so */
};

/* Calls `fn`, with `w`, for each key of the certificates that the arguments name. */
MUST_USE bool key_work_each(struct key_work *w, key_use_fn *fn, struct err *err);

/* Each fills w->out. */
MUST_USE bool key_list(struct key_work *w, struct err *err);
MUST_USE bool key_probe(struct key_work *w, struct err *err);
MUST_USE bool key_prune(struct key_work *w, struct err *err);

#endif
