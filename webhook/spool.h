/*
 * The directory of hints: an empty file for each certificate that a notification was about, named
 * by its id. A hint that is there already is not made again, and there are at most SPOOL_MAX, so
 * the directory does not grow whatever comes. `scm-agent run --hinted` takes them away.
 */
#ifndef WEBHOOK_SPOOL_H
#define WEBHOOK_SPOOL_H

#include <stdint.h>

#include "base/err.h"

#define SPOOL_MAX 256

enum spool_end { SPOOL_NEW, SPOOL_KNOWN, SPOOL_FULL };

/* Opens the directory, its last component made when absent. ERR_IO. */
MUST_USE bool spool_open(int *out, const char *path, struct err *err);

/* Leaves a hint. ERR_IO. */
MUST_USE bool spool_add(enum spool_end *out, int dir, uint64_t id, struct err *err);

#endif
