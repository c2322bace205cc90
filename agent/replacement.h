/*
 * When a host first saw that a certificate is to be replaced (renew_if_issued_before), so that the
 * moment that it has in the following day stays the same from run to run. Kept in cache/.
 */
#ifndef AGENT_REPLACEMENT_H
#define AGENT_REPLACEMENT_H

#include "agent/conf.h"
#include "agent/store.h"

/* 0 in *seen when this is the first time. */
MUST_USE bool replacement_seen(
	int64_t *seen, struct store *store, const struct conf_cert *cert, struct err *err);

/* Remembers `now` as that time. Under the lock. */
MUST_USE bool replacement_note(
	struct store *store, const struct conf_cert *cert, int64_t now, struct err *err);

#endif
