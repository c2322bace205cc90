/*
 * Descriptors that whoever started the program opened for it (fd:N), told apart from those that it
 * opens itself: a number in the configuration must not name one of our own files.
 */
#ifndef BASE_INHERITED_H
#define BASE_INHERITED_H

#include <stdint.h>

#include "base/err.h"

#define INHERITED_FIRST 3
#define INHERITED_LAST 1023

/* For main, before it opens anything: remembers what is open. */
void inherited_note(void);

/*
 * ERR_CONFIG unless `fd` was open then, as a regular file, a pipe or a socket. It is the caller's
 * to close, and can't be taken again: the number may be another file's by then.
 */
MUST_USE bool inherited_take(int *out, uint64_t fd, struct err *err);

#endif
