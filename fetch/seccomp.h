/* The filter of system calls behind sandbox.h. */
#ifndef FETCH_SECCOMP_H
#define FETCH_SECCOMP_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Refuses with EPERM what a client of the network never needs, ends the process for what only an
 * intruder would try. ERR_INTERNAL.
 */
MUST_USE bool seccomp_refuse(struct err *err);

#endif
