/*
 * A connected socket led up to TLS: starttls.h's dialogue over the network, within a deadline.
 * Internal to this room.
 */
#ifndef DEPLOY_HOOKS_UPGRADE_H
#define DEPLOY_HOOKS_UPGRADE_H

#include <stdint.h>

#include "deploy-hooks/starttls.h"

/*
 * Afterwards TLS may begin on `fd` (non-blocking); at once for STARTTLS_NONE. `deadline` is a
 * clock_ms(). ERR_UNAVAILABLE: cut short, time-out. ERR_PROTOCOL: see starttls_feed().
 */
MUST_USE bool upgrade(int fd, enum starttls_protocol protocol, int64_t deadline, struct err *err);

#endif
