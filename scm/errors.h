/*
 * SCM's error codes: what each means for an agent, and what the administrator can do about it. One
 * table; from scm-api.md, sections 3.3, 8 and 10. No I/O, no parsing.
 */
#ifndef SCM_ERRORS_H
#define SCM_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct scm_code {
	int64_t code;
	enum err_kind kind; /* REJECTED: final; UNAVAILABLE: may pass by itself; AUTH */
	bool pending;	    /* as the answer to a collect: not ready yet */
	const char *remedy; /* what the administrator can do, or "" */
};

/* The row of a code; a code that is not in the table is final and has no remedy. Never NULL. */
const struct scm_code *scm_code(int64_t code);

#endif
