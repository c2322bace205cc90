/*
 * SCM's JSON answers about orders: bytes to plain structures. Lists are json_table.h's; nothing of
 * cJSON leaves json*.c.
 *
 * Members that are known are checked for their type and may stand once (json_tree.h); members that
 * are not known are ignored, since any release of SCM may add some. Every function fails with
 * ERR_PROTOCOL, says which member is wrong, and leaves its output alone. Text meant for people is
 * made printable and bounded here.
 */
#ifndef SCM_JSON_H
#define SCM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "scm/wire.h"

#define SCM_DESCRIPTION_MAX 300
#define SCM_STATUS_MAX 64
#define SCM_SERIAL_MAX 128

/* {"code":-36,"description":"..."}: every status of 400 and above (scm-api.md, 2). */
struct scm_error {
	int64_t code;
	char description[SCM_DESCRIPTION_MAX]; /* printable; "" when there was none */
};
MUST_USE bool scm_json_error(struct scm_error *out, const char *text, size_t len, struct err *err);

/*
 * The order that an answer is about: {"sslId":55,...} of the Admin API (3.2), in decimal, or
 * {"certId":"..."} of the Enrollment API (7), whatever bytes it has.
 */
#define SCM_ID_SIZE (WIRE_ID_MAX + 1)
MUST_USE bool scm_json_ssl_id(
	char out[static SCM_ID_SIZE], const char *text, size_t len, struct err *err);
MUST_USE bool scm_json_cert_id(
	char out[static SCM_ID_SIZE], const char *text, size_t len, struct err *err);

/*
 * What SCM says of an order, as far as an agent needs it: the Admin API's details (3.4), or the
 * Enrollment API's status (7), which has neither id, serial number nor comments.
 */
struct scm_details {
	char id[SCM_ID_SIZE];	     /* "" when the answer has none */
	char status[SCM_STATUS_MAX]; /* printable; "" when absent */
	char serial[SCM_SERIAL_MAX]; /* upper-case hex, no separators, no leading zeros; or "" */
	char *comments;		     /* as SCM has them; never NULL. Owned. */
};
void scm_details_dispose(struct scm_details *d);
AUTO_DEFINE_REF(scm_details, struct scm_details, scm_details_dispose);
MUST_USE bool scm_json_details(
	struct scm_details *out, const char *text, size_t len, struct err *err);
MUST_USE bool scm_json_status(
	struct scm_details *out, const char *text, size_t len, struct err *err);

/* The ids of one page of a list (3.4). Owned: free(). */
struct scm_ids {
	uint64_t *id;
	size_t n;
};
void scm_ids_dispose(struct scm_ids *ids);
AUTO_DEFINE_REF(scm_ids, struct scm_ids, scm_ids_dispose);
MUST_USE bool scm_json_ids(struct scm_ids *out, const char *text, size_t len, struct err *err);

#endif
