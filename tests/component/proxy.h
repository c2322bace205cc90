/*
 * Real HTTP proxies for component tests: tinyproxy and squid, each with a directory, a port and a
 * log of its own. Failures end the test.
 */
#ifndef TESTS_COMPONENT_PROXY_H
#define TESTS_COMPONENT_PROXY_H

#include <sys/types.h>

#include "base/buf.h"

enum proxy_kind { PROXY_TINYPROXY, PROXY_SQUID };

/* Whom it lets through: anybody, or the one user whom it knows. */
enum proxy_login { PROXY_OPEN, PROXY_BASIC, PROXY_DIGEST /* squid alone */ };

#define PROXY_USER "proxy-user"
#define PROXY_PASSWORD "proxy-canary-1"

struct proxy {
	enum proxy_kind kind;
	enum proxy_login login;
	bool closed; /* let nobody through to any port */
	char dir[64];
	pid_t pid;
	unsigned port;
};

/* kind, login and closed are set before. */
void proxy_start(struct proxy *p);
void proxy_stop(struct proxy *p);

/* Its log: of squid, each request with the header that it came with. */
void proxy_log(struct buf *out, const struct proxy *p);

/* How many CONNECT requests have come. */
size_t proxy_connects(const struct proxy *p);

#endif
