/*
 * Reading members of a request's body. Each function leaves OUT alone when the member is absent or
 * null; false: the reply refuses the body.
 */
#ifndef SIM_BODY_H
#define SIM_BODY_H

#include "call.h"

/* Member NAME as a number, a string, an array, an array of strings; borrowed from the body. */
MUST bool body_int(int64_t *out, const struct call *call, const char *name);
MUST bool body_text(const char **out, const struct call *call, const char *name);
MUST bool body_array(const cJSON **out, const struct call *call, const char *name);
MUST bool body_texts(const cJSON **out, const struct call *call, const char *name);

/* Checks dcvMode and dcvEmail, which only matter for domains not yet validated. */
MUST bool body_dcv(const struct call *call);

/* A required text of 1 to 512 bytes. */
MUST bool body_message(const char **out, const struct call *call, const char *name);

/* reasonCode of a revocation, which newer releases also take by name. */
MUST bool body_reason_code(int64_t *out, const struct call *call, bool required);

#endif
