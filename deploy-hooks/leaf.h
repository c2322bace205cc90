/*
 * What a person is told about a certificate that a server showed. It parses what a network peer
 * sent: meant for scm-agent-fetch, as probe.h is.
 */
#ifndef DEPLOY_HOOKS_LEAF_H
#define DEPLOY_HOOKS_LEAF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct leaf {
	char serial[48];   /* upper-case hex; RFC 5280 has 20 octets at most */
	char subject[160]; /* as RFC 2253 writes it, printable ASCII; cut, if need be */
};

/* ERR_PROTOCOL when it is no certificate. */
MUST_USE bool leaf_read(struct leaf *out, const void *der, size_t len, struct err *err);

#endif
