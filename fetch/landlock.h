/*
 * Landlock (landlock(7)): which files may be read at all. glibc has no functions for it. Best
 * effort: a kernel without it is no error, since seccomp has closed the ways to write already.
 */
#ifndef FETCH_LANDLOCK_H
#define FETCH_LANDLOCK_H

#include <stdbool.h>

#include "base/err.h"

/*
 * From now on files can be opened for reading below these paths alone; those that do not exist
 * are left out. The list ends with NULL. Needs no_new_privs. ERR_INTERNAL.
 */
MUST_USE bool landlock_only_read(const char *const *paths, struct err *err);

#endif
