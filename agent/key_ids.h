/*
 * Which keys the state directory names: those of each generation, of what was abandoned or
 * forgotten, made ahead, and of work in hand, of certificates that are configured and of others. A
 * key in a token may be named more than once, since `adopt` takes what is there.
 */
#ifndef AGENT_KEY_IDS_H
#define AGENT_KEY_IDS_H

#include "agent/store.h"

/* Adds the id of the key of each of them: one that n of them name stands there n times. */
MUST_USE bool key_ids(struct strlist *out, struct store *s, struct err *err);

/* Whether at most one of them names this key. */
MUST_USE bool key_ids_last(bool *out, struct store *s, const char *id, struct err *err);

/*
 * Whether the key of a generation, or of what was given up, was made by somebody else, who may use
 * it still: it is never deleted. `dir` is where its intent stands.
 */
MUST_USE bool key_ids_foreign(bool *out, int dir, struct err *err);

#endif
