/*
 * Requests for what an account holds, as request.h has it: the lists of wire.h (WIRE_LIST).
 *
 * Source: scm-api.md, sections 1a (password), 3.1, 3.4, 4, 5. Pure.
 */
#ifndef SCM_REQUEST_LIST_H
#define SCM_REQUEST_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "scm/request.h"

/* What SCM pages is asked for by `size` entries (200 at most) from the 0-based `position`. */
struct scm_page {
	uint32_t position;
	uint32_t size;
};

/* Whether SCM pages a list; the others come whole, and have no use for a page. */
bool scm_list_paged(enum wire_list_kind kind);

/*
 * GET for any list, with those of its filters that are set. `older`: the call that other releases
 * of SCM have for the same; false with ERR_INTERNAL when there is none. ERR_CONFIG for an
 * organization without an id, or a filter that is too long.
 */
MUST_USE bool scm_request_table(struct scm_call *out, const struct wire_list *l,
	const struct scm_page *page, bool older, struct err *err);

/* Whether there is an older call. */
bool scm_list_has_older(enum wire_list_kind kind);

/* One page of the orders with a common name. */
MUST_USE bool scm_request_list(struct scm_call *out, const char *common_name,
	const struct scm_page *page, struct err *err);

#endif
