/*
 * Faults of the connection: answers written byte by byte below the HTTP library, cut, dripped or
 * without end.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "fault.h"
#include "reply.h"

#include <gnutls/gnutls.h>

struct wire {
	gnutls_session_t session;
	int fd;
	int stop;  /* readable when the server has to end */
	bool head; /* a HEAD request: no body */
};

/* Whether FAULTS take the answer out of the HTTP library's hands. */
bool wire_wanted(const struct faults *faults);

/* Whether they let any byte of an answer out. */
bool wire_answers(const struct faults *faults);

/* Does what FAULTS say with REPLY; the connection is of no use afterwards. */
void wire_run(const struct wire *wire, const struct reply *reply, const struct faults *faults);

#endif
