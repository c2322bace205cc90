/* How long a server asks to wait: the Retry-After header (RFC 9110, section 10.2.3). Pure. */
#ifndef SCM_RETRY_H
#define SCM_RETRY_H

#include <stddef.h>
#include <stdint.h>

#define SCM_RETRY_MAX 86400 /* seconds; nobody may silence an agent for longer */

/*
 * Seconds from `now`, within [1, SCM_RETRY_MAX]; 0 when the value is neither a number of seconds
 * nor a date. `value` need not be terminated.
 */
uint32_t scm_retry_after(const char *value, size_t len, int64_t now);

#endif
