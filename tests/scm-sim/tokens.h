/*
 * The access tokens that the token endpoint gave out. They live in memory: a restart ends them all,
 * as one of the service may.
 */
#ifndef SIM_TOKENS_H
#define SIM_TOKENS_H

#include <stdint.h>

struct tokens;

/* An empty set; owned, freed with tokens_free(). */
struct tokens *tokens_new(void);

void tokens_free(struct tokens *tokens);

/* A new token of CLIENT that ends at ENDS (ms); borrowed until the next call. Those before it stay.
 */
const char *tokens_add(struct tokens *tokens, const char *client, int64_t ends);

/* Whose token TEXT is; borrowed, NULL when it is none, or ended by NOW (ms). */
const char *tokens_client(const struct tokens *tokens, const char *text, int64_t now);

#endif
