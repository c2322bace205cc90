/*
 * HTTPS on 127.0.0.1: TLS, connections and the HTTP library; each request becomes a struct request
 * and goes to exchange.c.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "sim.h"

#include <stdint.h>

struct server;

/* Listens on PORT (0: a free one) of 127.0.0.1 and serves SIM, which stays the caller's. */
MUST bool server_start(struct server **out, struct sim *sim, uint16_t port, struct err *err);

/* The port that is listened on. */
uint16_t server_port(const struct server *server);

/* Ends all connections, whatever they are doing, and frees SERVER. */
void server_stop(struct server *server);

#endif
