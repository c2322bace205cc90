/*
 * The agent's side of scm-agent-fetch, for tests: starts the real program as scm-agent does and
 * talks to it in its records. Failures end the test.
 */
#ifndef TESTS_COMPONENT_FETCH_CLIENT_H
#define TESTS_COMPONENT_FETCH_CLIENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "scm/wire.h"

struct fetch {
	pid_t pid;
	int sock;
	uint32_t last_id;
	struct buf in;
};

/* A reply with the bytes it borrows from. */
struct reply {
	struct wire_reply r;
	char *body;
};
void reply_dispose(struct reply *r);
AUTO_DEFINE_REF(reply, struct reply, reply_dispose);

/* `env`: NULL-terminated, or NULL for an empty one. */
void fetch_start(struct fetch *f, const char *program, const char *const *env);

/* Closes the socket, waits for the end of the process, returns its status. */
int fetch_stop(struct fetch *f);

/* Sends under a fresh id, which it returns. */
uint32_t fetch_send(struct fetch *f, struct wire_request *r);

/* The next reply, whatever its id; waits at most a test's patience. */
void fetch_receive(struct reply *out, struct fetch *f);

/* Both: one request, its reply. */
void fetch_ask(struct reply *out, struct fetch *f, struct wire_request *r);

/* Whether the other end closed the conversation without a further word. */
bool fetch_closed(struct fetch *f);

/* Highest memory the process has used, in KiB (VmHWM). */
long fetch_peak_kib(const struct fetch *f);

#endif
