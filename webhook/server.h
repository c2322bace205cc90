/*
 * HTTP: takes notifications, judges them and leaves hints. One thread; what a request may cost is
 * bounded in bytes, in time and in number, so memory stays flat.
 *
 *	204  a hint is there now          404  not "/"
 *	400  not a notification           405  not POST
 *	401  without the secret           413  more than SERVER_BODY_MAX bytes
 *	                                  503  as many hints wait as there may be, or a full disk
 */
#ifndef WEBHOOK_SERVER_H
#define WEBHOOK_SERVER_H

#include <stdint.h>

#include "webhook/credential.h"

#define SERVER_BODY_MAX 16384

struct server_spec {
	int listener; /* a listening socket; the server takes it over */
	int spool;    /* borrowed */
	const struct credential *credential;
	int64_t idle_ms; /* ends after so long without a connection; 0: never */
};

/* Serves until SIGTERM or SIGINT, or until it was idle for long enough. ERR_INTERNAL. */
MUST_USE bool server_run(const struct server_spec *spec, struct err *err);

#endif
