/*
 * TCP connections that respect a deadline. Internal to this room; knows nothing of TLS.
 */
#ifndef DEPLOY_HOOKS_DIAL_H
#define DEPLOY_HOOKS_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include <netdb.h>

#include "base/fs.h"

static inline void dial_addresses_free(struct addrinfo *a)
{
	if (a)
		freeaddrinfo(a);
}
AUTO_DEFINE(addresses, struct addrinfo *, dial_addresses_free);

/* Whether it is an IPv4 or IPv6 address as text (without brackets), not a name. */
bool dial_is_address(const char *host);

/* The addresses of a name (or the one it is). Owned: dial_addresses_free(). ERR_UNAVAILABLE. */
MUST_USE bool dial_look_up(struct addrinfo **out, const char *host, unsigned port, struct err *err);

/*
 * Connects to one address; *fd is non-blocking and owned by the caller. `deadline` is a clock_ms().
 * ERR_UNAVAILABLE.
 */
MUST_USE bool dial_connect(int *fd, const struct addrinfo *to, int64_t deadline, struct err *err);

/* Waits until poll(2)'s `events` happen; ERR_UNAVAILABLE at the deadline. */
MUST_USE bool dial_wait(int fd, short events, int64_t deadline, struct err *err);

#endif
