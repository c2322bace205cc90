/*
 * Calling configured hooks: checked, run within its time, what it printed in the log for who asks.
 */
#ifndef AGENT_HOOKS_H
#define AGENT_HOOKS_H

#include "agent/conf.h"

/* Whether each hook of a certificate is there and safe, before money is spent. ERR_CONFIG. */
MUST_USE bool hooks_check(const struct conf_cert *cert, struct err *err);

/* ERR_DEPLOY, whatever went wrong, with the hook's path, the event and its last line. */
MUST_USE bool hooks_call(const struct conf_hook *h, enum hook_event event,
	const struct hook_context *context, struct err *err);

#endif
