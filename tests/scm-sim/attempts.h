/*
 * Header logins that were refused: the ledger has each, with how many there were since the last
 * that was right. With --lock-after N a login that reached N is refused until the server starts
 * anew, whatever it sends.
 */
#ifndef SIM_ATTEMPTS_H
#define SIM_ATTEMPTS_H

#include "request.h"
#include "sim.h"

/* Whether the login that REQUEST names is locked. */
bool attempts_locked(const struct sim *sim, const struct request *request);

/* Counts what came of a REQUEST that names a login and no token; RIGHT: it was admitted. */
MUST bool attempts_count(
	struct sim *sim, const struct request *request, bool right, struct err *err);

#endif
