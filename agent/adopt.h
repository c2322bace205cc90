/*
 * Taking over an order that exists at SCM, with a key that the host has already. pending/NAME is
 * completed aside and appears whole, as an order that waits to be collected; the gate judges what
 * comes. No key is lost: the file stays where it was, and what is given up goes to the archive.
 */
#ifndef AGENT_ADOPT_H
#define AGENT_ADOPT_H

#include "agent/job.h"

struct adoption {
	const char *order; /* its id at SCM */
	const char *
		key_file; /* for a key in a file: PEM, not encrypted, readable by its owner alone */
	const char *key_id; /* for a key in the certificate's token: its id, in hex */
};

/*
 * ERR_USAGE when it can't be: an order is in work, the order or its key is known already, the key
 * is of another type than configured or compromised. ERR_CONFIG for an unsafe file, ERR_KEYSTORE.
 */
MUST_USE bool adopt_order(struct job *job, const struct adoption *a, struct err *err);

#endif
