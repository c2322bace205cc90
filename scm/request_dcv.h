/*
 * Requests for the steps of domain control validation, as request.h has it (scm-api.md, 5). Pure.
 */
#ifndef SCM_REQUEST_DCV_H
#define SCM_REQUEST_DCV_H

#include <stdbool.h>

#include "scm/request.h"

/*
 * POST /dcv/v2/validation/..., or v1 when `older`, which some releases have alone. What changes
 * something is never sent twice. ERR_CONFIG when domain or address are no UTF-8 of 1 to 255 bytes.
 */
MUST_USE bool scm_request_dcv(
	struct scm_call *out, const struct wire_dcv *d, bool older, struct err *err);

#endif
