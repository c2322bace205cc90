/*
 * Faults: what is to go wrong, at which operation, how often. One fault is written
 *
 *	OPERATION:KIND[=VALUE][:[SKIP+]COUNT]
 *
 * It lets SKIP requests pass (none), then strikes COUNT of them (without COUNT: all). This module
 * reads and counts faults; the modules whose work goes wrong act on them.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "err.h"

#include <stdio.h>

enum op {
	OP_ANY,
	OP_ISSUE, /* not a request: the making of a certificate */
	OP_TYPES,
	OP_CUSTOM_FIELDS,
	OP_ENROLL,
	OP_COLLECT,
	OP_DETAILS,
	OP_LIST,
	OP_REVOKE,
	OP_APPROVE,
	OP_DECLINE,
	OP_RENEW,
	OP_REPLACE,
	OP_UPDATE,
	OP_DELETE,
	OP_LOCATION,
	OP_ORGANIZATIONS,
	OP_ORGANIZATION,
	OP_DOMAINS,
	OP_DOMAIN,
	OP_PASSWORD,
	OP_TOKEN,
	OP_ORDER_DCV,
	OP_REPORT,
	OP_PERSON,
	OP_DCV_LIST,
	OP_DCV_STATUS,
	OP_DCV_SYNC,
	OP_DCV_CLEAR,
	OP_DCV_DELETE,
	OP_DCV_START,
	OP_DCV_SUBMIT,
	OP_ENR_ENROLL,
	OP_ENR_COLLECT,
	OP_ENR_REVOKE,
	OP_ENR_STATUS,
	OP_ENR_DCV_RECHECK,
	OP_ENR_RENEW,
	OP_ENR_REPLACE,
	OP_KEYGEN,
	OP_KEYSTORE,
	OP_IMPORT,
	OP_ORGANIZATION_WRITE,
	OP_VALIDATION,
	OP_DOMAIN_WRITE,
	OP_NOTIFICATION,
	OP_CHANGE_PASSWORD,
	OP_DEVICE,
	OP_DEVICE_ENROLL,
	OP_DEVICE_COLLECT,
	OP_DEVICE_REVOKE,
	OP_DEVICE_RENEW,
	OP_DEVICE_REPLACE,
	OP_SMIME,
	OP_SMIME_ENROLL,
	OP_SMIME_COLLECT,
	OP_SMIME_REVOKE,
	OP_SMIME_RENEW,
	OP_OTHER, /* no such path or method */
	OP_COUNT
};

enum fault_id {
	/* another answer in the place of the handler's, which does not run */
	FAULT_STATUS,
	FAULT_CODE,
	FAULT_RETRY_AFTER,
	FAULT_UNAVAILABLE,
	FAULT_HTML,
	FAULT_REDIRECT,
	FAULT_BODY,
	FAULT_BODY_FILE,
	/* time */
	FAULT_DELAY,
	FAULT_DELAY_AFTER,
	FAULT_DRIP,
	FAULT_HANG,
	/* the connection */
	FAULT_RESET,
	FAULT_RESET_AFTER_ACCEPT,
	FAULT_RESET_AT,
	FAULT_CLOSE,
	FAULT_CLOSE_AFTER_ACCEPT,
	FAULT_CLOSE_AT,
	FAULT_ENDLESS_BODY,
	FAULT_ENDLESS_HEADERS,
	/* the handler's answer, spoilt */
	FAULT_TRUNCATE,
	FAULT_NEST,
	FAULT_HUGE,
	FAULT_RETYPE,
	FAULT_EVIL,
	FAULT_MEMBER,
	FAULT_GZIP_BOMB,
	/* the token */
	FAULT_LIVES,
	/* the downloaded chain */
	FAULT_CHAIN,
	FAULT_FORMAT,
	FAULT_NEWLINE,
	FAULT_CERTIFICATES,
	/* the issued certificate */
	FAULT_WRONG_KEY,
	FAULT_MISSING_NAME,
	FAULT_EXTRA_NAME,
	FAULT_WRONG_NAMES,
	FAULT_EXPIRED,
	FAULT_NOT_YET_VALID,
	FAULT_CA_TRUE,
	FAULT_SELF_SIGNED,
	FAULT_UNKNOWN_CA,
	FAULT_SHA1,
	FAULT_WEAK_ISSUER,
	FAULT_NO_SERVER_AUTH,
	FAULT_UNKNOWN_CRITICAL,
	FAULT_VALIDITY,
	FAULT_COUNT
};

struct fault {
	enum op op;
	enum fault_id id;
	char *text;	  /* as written; owned */
	char *value;	  /* owned; NULL when there is none */
	long number;	  /* the value of a kind that takes a number */
	long skip, count; /* count -1: always */
};

struct faults {
	struct fault *list; /* owned */
	size_t count;
};

/* Adds the fault written in TEXT to FAULTS. */
MUST bool fault_add(struct faults *faults, const char *text, struct err *err);

void fault_free(struct faults *faults);

static inline void faults_auto(struct faults *faults)
{
	fault_free(faults);
}

/* Counts one occurrence of OP and adds to STRUCK the faults that strike it. */
void fault_take(struct faults *struck, struct faults *faults, enum op op);

/* The first fault of kind ID in FAULTS; borrowed, or NULL. */
const struct fault *fault_find(const struct faults *faults, enum fault_id id);

/* The name of an operation, as faults write it. */
const char *fault_op_name(enum op op);

/* Prints the operations and the kinds, for --help. */
void fault_help(FILE *out);

#endif
