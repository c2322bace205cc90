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

/* One row for a single organization: id, name, "yes" or "no" to the Web/REST API, or "" (4). */
#define SCM_ORGANIZATION_DETAILS_COLUMNS 3
MUST_USE bool scm_json_organization(
	struct strlist *cells, const char *text, size_t len, struct err *err);

/* 3 cells a custom field: id or "", name, "yes" or "no" as it is mandatory; of either call (3.1,
 * 4). */
#define SCM_FIELD_COLUMNS 3
MUST_USE bool scm_json_fields(struct strlist *cells, const char *text, size_t len, struct err *err);

/* 2 cells a domain: id, name (4). */
#define SCM_DOMAIN_COLUMNS 2
MUST_USE bool scm_json_domains(
	struct strlist *cells, const char *text, size_t len, struct err *err);

/*
 * 4 cells an order: id, common name, serial number as json_serial() has it, names by blank and
 * "..." at the end when there are more than fit (3.4).
 */
#define SCM_CERTIFICATE_COLUMNS 4
MUST_USE bool scm_json_certificates(
	struct strlist *cells, const char *text, size_t len, struct err *err);

/* One row: state, date of expiration or "" (1a). */
#define SCM_PASSWORD_COLUMNS 2
MUST_USE bool scm_json_password(
	struct strlist *cells, const char *text, size_t len, struct err *err);

#endif
