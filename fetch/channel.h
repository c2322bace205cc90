/*
 * The socket to scm-agent: whole messages in and out, without ever blocking. What was received is
 * wiped once it was used, since an account record carries passwords.
 */
#ifndef FETCH_CHANNEL_H
#define FETCH_CHANNEL_H

#include <stdbool.h>

#include "base/buf.h"
#include "scm/wire.h"

struct channel {
	int fd;
	struct buf in;
	struct buf out;
	bool ended; /* the agent has gone, or spoke out of turn */
};

void channel_init(struct channel *c, int fd);
void channel_dispose(struct channel *c);

/* Reads what is there and writes what goes. */
void channel_pump(struct channel *c);

/* Whether something waits to be written. */
bool channel_writing(const struct channel *c);

/* Whether so much waits to be written that no new work should be begun. */
bool channel_full(const struct channel *c);

/* Queues a reply; one that can't be encoded is answered by its error instead. */
void channel_reply(struct channel *c, const struct wire_reply *r);

/*
 * The next request, or false. It borrows from the channel: call channel_used() before the next
 * channel_pump() or channel_next().
 */
bool channel_next(struct channel *c, struct wire_request *r);
void channel_used(struct channel *c);

#endif
