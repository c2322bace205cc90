/*
 * Our own look at the DNS, before the CA is asked to look.
 *
 * A resolver's answer may be older than the record: to see what was just published, ask a server
 * of the zone itself.
 */
#ifndef DCV_LOOKUP_H
#define DCV_LOOKUP_H

#include "dcv/challenge.h"

/*
 * Asks for the record of a CNAME or TXT challenge, which is checked first (dcv_challenge_check()).
 * No such name, no such record, or another value: *found is false. `server` is ADDRESS[:PORT] with
 * an IPv6 address in brackets when a port follows, or NULL for the system's resolvers.
 *
 * It blocks, for less than 15 seconds whatever happens. ERR_CONFIG for a server that is none,
 * ERR_PROTOCOL for the challenge, ERR_UNAVAILABLE when no answer came, or no usable one.
 */
MUST_USE bool dcv_lookup(
	bool *found, const struct dcv_challenge *c, const char *server, struct err *err);

#endif
