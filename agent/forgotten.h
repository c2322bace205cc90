/*
 * Certificates that are no longer managed: everything about one is moved to forgotten/NAME-TIME, in
 * an order that a crash can't hurt: what was moved before is completed by the next `forget`.
 */
#ifndef AGENT_FORGOTTEN_H
#define AGENT_FORGOTTEN_H

#include "agent/store.h"

#define FORGOTTEN "forgotten"

/*
 * Moves pending/NAME, next/NAME, live/NAME and archive/NAME away. ERR_USAGE when there is nothing
 * of that name. `*to` is the directory's name below the state directory. Owned: free().
 */
MUST_USE bool forgotten_move(char **to, struct store *s, const char *name, struct err *err);

#endif
