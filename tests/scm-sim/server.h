/*
 * HTTPS on 127.0.0.1: TLS, connections and the HTTP library; each request becomes a struct request
 * and goes to exchange.c.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "options.h"
#include "sim.h"

#include <stdint.h>

struct server;

/* Listens on 127.0.0.1 as OPTIONS say and serves SIM; both stay the caller's. */
MUST bool server_start(
	struct server **out, struct sim *sim, const struct options *options, struct err *err);

/* The port that is listened on. */
uint16_t server_port(const struct server *server);

/* Ends all connections, whatever they are doing, and frees SERVER. */
void server_stop(struct server *server);

#endif
