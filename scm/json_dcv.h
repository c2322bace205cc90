/*
 * What SCM says about domain control validation (scm-api.md, 5), as rows for the agent.
 *
 * As json_table.h has it. Statuses, which SCM's releases spell differently, come in one spelling:
 * VALIDATED, NOT_VALIDATED, EXPIRED; of an order NOT_INITIATED, AWAITING_SUBMISSION, SUBMITTED,
 * REJECTED; others as SCM writes them. What is to be published comes as it is, and is refused when
 * it has anything but visible ASCII; whether it has a decent form is not judged here.
 */
#ifndef SCM_JSON_DCV_H
#define SCM_JSON_DCV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strlist.h"

/* 5 cells a domain: name, status, method, status of the order, date of expiration or "". */
#define SCM_VALIDATION_COLUMNS 5
MUST_USE bool scm_json_validations(
	struct strlist *cells, const char *text, size_t len, struct err *err);

/* One row of WIRE_DCV_COLUMNS: the answer to any step of a validation (wire.h). */
MUST_USE bool scm_json_dcv(struct strlist *cells, const char *text, size_t len, struct err *err);

#endif
