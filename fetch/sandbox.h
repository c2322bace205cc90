/*
 * What scm-agent-fetch may do once it listens to the network: talk to it, and read what the
 * resolver and TLS need. It parses foreign bytes, so it is built to be harmless when one of its
 * parsers is taken over: no program is started, no file is written, made, renamed or removed, no
 * other process is touched, no local service is reached, and no key of this host is read.
 *
 * Two locks, independent of each other: seccomp (system calls, as seccomp(2)) and Landlock (files,
 * as landlock(7); left out on kernels without it). Capabilities and limits besides.
 *
 * A token's module must have opened its devices and local sockets by then: SoftHSM, for one, only
 * reads its files when it signs.
 */
#ifndef FETCH_SANDBOX_H
#define FETCH_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"

/* Seal before the first byte is read from the network; for a token, after its login. */
enum sandbox_for {
	SANDBOX_NETWORK,
	/*
	 * A module's files are anywhere, may belong to a user of their own, and vendors bring whole
	 * run-time systems along: so no Landlock, root keeps CAP_DAC_READ_SEARCH, and the address
	 * space is larger. Nothing else is relaxed.
	 */
	SANDBOX_TOKEN,
};

/* For main, first: no new privileges, no core, bounded descriptors. ERR_INTERNAL. */
MUST_USE bool sandbox_begin(struct err *err);

/*
 * For good, and for all threads, those of before as well (whose capabilities stay, as the kernel
 * has no way to take them from another thread). ERR_INTERNAL.
 */
MUST_USE bool sandbox_seal(enum sandbox_for what, struct err *err);

#endif
