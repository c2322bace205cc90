/*
 * Where requests come in: the socket that systemd hands over (sd_listen_fds(3)), or one of our own
 * on the loopback interface. Never another address: the secret would cross the network in clear.
 */
#ifndef WEBHOOK_LISTEN_H
#define WEBHOOK_LISTEN_H

#include "base/err.h"

/*
 * A listening stream socket; *activated says that it is systemd's. `address` is "127.0.0.1:PORT" or
 * "[::1]:PORT". ERR_USAGE; ERR_INTERNAL when it can't be had. Reads $LISTEN_PID, $LISTEN_FDS.
 */
MUST_USE bool listen_open(int *out, bool *activated, const char *address, struct err *err);

#endif
