/*
 * Whether a certificate can be ordered as it is configured, by what SCM lists (scm-api.md 3.1):
 * its profile, term, key type and mandatory custom fields. Pure.
 */
#ifndef AGENT_PROFILE_H
#define AGENT_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf.h"
#include "agent/table.h"

/* Columns of the two lists (scm/wire.h). */
enum { PROFILE_ID, PROFILE_NAME, PROFILE_TERMS, PROFILE_KEY_TYPES };
enum { FIELD_ID, FIELD_NAME, FIELD_MANDATORY };

/*
 * The profile's row, by number or by name; names may stand twice at SCM. ERR_CONFIG: unknown, with
 * the names that there are, or ambiguous, with their ids.
 */
MUST_USE bool profile_find(
	size_t *row, const struct conf_cert *cert, const struct table *profiles, struct err *err);

/*
 * The profile's id, when SCM would take the order. A list that is not known is NULL and refuses
 * nothing, but a name needs one. ERR_CONFIG says what SCM would refuse, and the way out.
 */
MUST_USE bool profile_judge(uint64_t *id, const struct conf_cert *cert,
	const struct table *profiles, const struct table *fields, struct err *err);

#endif
