/*
 * Words of the API, which one release writes as a constant and the next as a text.
 */
#ifndef SIM_WORD_H
#define SIM_WORD_H

#include <stdbool.h>

/* Whether A and B are one word: NOT_STARTED, "Not started". */
bool word_same(const char *a, const char *b);

#endif
