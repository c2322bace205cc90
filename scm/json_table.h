/*
 * SCM's JSON lists as the rows that the agent gets (wire.h, WIRE_LIST): cells row by row.
 *
 * Bytes in, printable and bounded strings out, as json.h has it. A list is read whole or not at
 * all: ERR_PROTOCOL leaves `cells` alone, success replaces what is in it.
 */
#ifndef SCM_JSON_TABLE_H
#define SCM_JSON_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strlist.h"

/* 3 cells an organization or department: id, name, parent's id or "" (scm-api.md, 4). */
#define SCM_ORGANIZATION_COLUMNS 3
MUST_USE bool scm_json_organizations(
	struct strlist *cells, const char *text, size_t len, struct err *err);

/* 4 cells a profile: id, name, "90,199", "RSA:2048,EC:P-256" (3.1). */
#define SCM_PROFILE_COLUMNS 4
MUST_USE bool scm_json_profiles(
	struct strlist *cells, const char *text, size_t len, struct err *err);

#endif
