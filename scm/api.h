/*
 * SCM's two REST APIs behind one face: what can be asked about an order, as a request, and how the
 * answer is read. What to ask next, and what an answer means, is the operations' (work.h), written
 * once for both.
 *
 *	Admin API        api_admin.c, scm-api.md section 3: ids are numbers; orders can be listed
 *	Enrollment API   api_enrollment.c, section 7: ids are words; organization, profile and term
 *	                 belong to the account; nothing can be listed
 *
 * Requests fill an empty SCM_CALL. ERR_CONFIG when a value breaks a limit of SCM's, and names the
 * value. Readers fail with ERR_PROTOCOL; outputs are untouched then.
 */
#ifndef SCM_API_H
#define SCM_API_H

#include <stdbool.h>
#include <stddef.h>

#include "scm/json.h"
#include "scm/request_list.h"
#include "scm/wire.h"

struct scm_api {
	const char *name; /* "Admin API" */
	bool (*enroll)(struct scm_call *out, const struct wire_submit *s, struct err *err);
	bool (*renew)(struct scm_call *out, const struct wire_submit *s, struct err *err);
	bool (*replace)(struct scm_call *out, const struct wire_submit *s, struct err *err);
	bool (*collect)(struct scm_call *out, const char *id, struct err *err);
	bool (*details)(struct scm_call *out, const char *id, struct err *err);
	bool (*recheck)(struct scm_call *out, const char *id, struct err *err);
	bool (*revoke)(struct scm_call *out, const struct wire_revoke *r, struct err *err);
	bool (*list)(struct scm_call *out, const char *common_name, const struct scm_page *page,
		struct err *err); /* NULL where there are no lists */

	/* The id of the order that the answer to enroll, renew or replace speaks of. */
	bool (*read_order)(
		char out[static SCM_ID_SIZE], const char *text, size_t len, struct err *err);
	bool (*read_details)(
		struct scm_details *out, const char *text, size_t len, struct err *err);
	bool replace_keeps_id; /* when the answer to replace is empty */
};

extern const struct scm_api scm_api_admin;
extern const struct scm_api scm_api_enrollment;

const struct scm_api *scm_api_of(enum wire_api api);

#endif
