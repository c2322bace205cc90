/*
 * Keys that the configuration names by key_uri, whether an order was made for them yet or not: they
 * are in use, whoever made them.
 */
#ifndef AGENT_KEY_GIVEN_H
#define AGENT_KEY_GIVEN_H

#include "agent/job.h"

/*
 * Adds the id of each, of all sections of tokens, since two of them may mean the same token. A
 * token that can't be asked, and a URI that leads to no key, is a failure: nobody knows then what
 * is in use.
 */
MUST_USE bool key_given_ids(struct strlist *out, struct run *run, struct err *err);

/* Whether the key of a record, which is in a token, is one of them. */
MUST_USE bool key_given(bool *out, struct run *run, const struct record *r, struct err *err);

#endif
