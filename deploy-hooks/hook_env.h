/*
 * The environment of a hook, from nothing. Pure: what it says comes from its arguments alone.
 * Internal to this room.
 */
#ifndef DEPLOY_HOOKS_HOOK_ENV_H
#define DEPLOY_HOOKS_HOOK_ENV_H

#include <stdbool.h>

#include "base/strlist.h"
#include "deploy-hooks/hook.h"

/*
 * The longest list in the environment. Linux refuses a program whose environment holds one string
 * over 128 KiB (execve(2)).
 */
#define HOOK_LIST_MAX (32 * 1024)

/*
 * "NAME=value" strings appended to `out`. A list that is longer than HOOK_LIST_MAX is cut after a
 * whole name, and SCM_AGENT_TRUNCATED=yes says so. ERR_CONFIG for an option that is not
 * "NAME=value" with a name of A-Z, 0-9 and _, and for a value that is too long.
 */
MUST_USE bool hook_env_build(struct strlist *out, const struct hook *h, enum hook_event event,
	const struct hook_context *ctx, struct err *err);

#endif
