/*
 * Calling a configured hook: checked, run within its time, what it printed in the log for who asks.
 */
#ifndef AGENT_HOOKS_H
#define AGENT_HOOKS_H

#include "agent/conf.h"

/* ERR_DEPLOY, whatever went wrong, with the hook's path, the event and its last line. */
MUST_USE bool hooks_call(const struct conf_hook *h, enum hook_event event,
	const struct hook_context *context, struct err *err);

#endif
