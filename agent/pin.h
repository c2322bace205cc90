/*
 * The generation that `rollback` chose, so that no run brings the newest one back. A pin counts
 * while its generation is live and no newer one has come (situation.c reads it); all others are
 * remains of something that failed or was cut short, and are removed before they could count again.
 */
#ifndef AGENT_PIN_H
#define AGENT_PIN_H

#include "agent/store.h"

/* Pins a generation; `newest` is the newest one there is. ERR_IO. */
MUST_USE bool pin_set(struct store *store, const char *name, const char *generation,
	const char *newest, struct err *err);

/* Removes all pins but that of the generation `but`; NULL removes all. ERR_IO. */
MUST_USE bool pin_clear(struct store *store, const char *name, const char *but, struct err *err);

#endif
