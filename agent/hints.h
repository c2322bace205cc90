/*
 * Hints from the webhook receiver (webhook/spool.h): ids of orders that somebody says are worth a
 * look. A hint chooses which certificates a run looks at and nothing else; what is due is decided
 * as ever. The directory belongs to a user who listens to the network, so it is not trusted.
 */
#ifndef AGENT_HINTS_H
#define AGENT_HINTS_H

#include "agent/situation.h"

#define HINTS_MAX 256

struct hints {
	uint64_t id[HINTS_MAX];
	size_t n;
};

/*
 * Takes hints out of the directory, at most HINTS_MAX; the rest stays. One that is not there holds
 * none. What is not named like a hint is left alone. ERR_IO.
 */
MUST_USE bool hints_take(struct hints *out, const char *path, struct err *err);

/* Whether one of them is the order of the live or the newest generation, or the one in work. */
bool hints_mean(const struct hints *h, const struct situation *s);

/*
 * Keeps those of `n` certificates that a hint means, in their order, and gives their number. One
 * whose state can't be read is left to the runs that say so.
 */
size_t hints_choose(
	const struct conf_cert **certs, size_t n, const struct hints *h, struct store *store);

#endif
