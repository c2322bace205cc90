/*
 * What is known about the validation of one domain, and how far our own work on it has come: one
 * small file, STATE_DIR/dcv/DOMAIN. The state is read off what is in it, never stored as a word.
 *
 * Only what SCM said and what was done stands here; doing it is validate.h's.
 */
#ifndef AGENT_VALIDATION_H
#define AGENT_VALIDATION_H

#include "agent/conf.h"
#include "agent/record.h"
#include "agent/store.h"

/* X(state, word for people): what there is to do next. */
#define VALIDATIONS(X)                                                                             \
	X(IDLE, "-")                                                                               \
	X(STARTED, "started")                                                                      \
	X(PUBLISHED, "published")                                                                  \
	X(SEEN, "seen")                                                                            \
	X(SUBMITTED, "submitted")                                                                  \
	X(OVER, "over")

enum validation_state {
#define VALIDATION_ENUM(state, word) VALIDATION_##state,
	VALIDATIONS(VALIDATION_ENUM)
#undef VALIDATION_ENUM
		VALIDATION_COUNT
};

const char *validation_word(enum validation_state s); /* "published" */

/* Keys of the record. Those of the work are forgotten together when it is over. */
#define VALIDATION_ASKED "asked"     /* when SCM said what follows */
#define VALIDATION_VALID "validated" /* 1: it is */
#define VALIDATION_EXPIRES "expires" /* beginning of the day it ends on; 0 when not said */
#define VALIDATION_SINCE "since"     /* when we validated it with that end */
#define VALIDATION_METHOD "method"   /* the work */
#define VALIDATION_WAY "way"	     /* of the configuration that it was begun with */
#define VALIDATION_ACCOUNT "account"
#define VALIDATION_WEBROOT "webroot"
#define VALIDATION_HOOK "hook"
#define VALIDATION_HOST "host"
#define VALIDATION_POINT "point"
#define VALIDATION_URL "url"
#define VALIDATION_FIRST "first"
#define VALIDATION_SECOND "second"
#define VALIDATION_STARTED_AT "started"
#define VALIDATION_PUBLISHED_AT "published"
#define VALIDATION_SEEN_AT "seen"
#define VALIDATION_SUBMITTED_AT "submitted"
#define VALIDATION_WAS "was"	       /* the end when it was begun */
#define VALIDATION_OVER_WHY "over"     /* "" when it ended well */
#define VALIDATION_WAITS "waits"       /* what for, in words */
#define VALIDATION_FAILURES "failures" /* the pause between runs */
#define VALIDATION_NEXT "next"
#define VALIDATION_KIND "kind"
#define VALIDATION_WHY "why"
#define VALIDATION_TRIED "tried" /* by which way of the configuration */

struct validation {
	const char *domain; /* borrowed */
	struct record r;
};

/* Empty when there is no file. ERR_IO. */
MUST_USE bool validation_read(
	struct validation *out, struct store *store, const char *domain, struct err *err);
/* Durable when it returns; the directory is made. Under the lock. */
MUST_USE bool validation_write(const struct validation *v, struct store *store, struct err *err);
MUST_USE bool validation_remove(struct store *store, const char *domain, struct err *err);
void validation_dispose(struct validation *v);
AUTO_DEFINE_REF(validation, struct validation, validation_dispose);

/* Domains that there is a file of. */
MUST_USE bool validation_list(struct strlist *out, struct store *store, struct err *err);

/* Removes what a killed run left half-made. Under the lock. */
MUST_USE bool validation_clean(struct store *store, struct err *err);

/* Replaces; ERR_INTERNAL when memory is short. */
MUST_USE bool validation_set(
	struct validation *v, const char *key, const char *value, struct err *err);
MUST_USE bool validation_set_int(
	struct validation *v, const char *key, int64_t value, struct err *err);
const char *validation_get(const struct validation *v, const char *key);
int64_t validation_int(const struct validation *v, const char *key);

/* Forgets the work, or the failures. */
void validation_end_work(struct validation *v);
void validation_end_failures(struct validation *v);

enum validation_state validation_state(const struct validation *v);

/* What is to be published; borrows. The types' fields as SCM gave them, unchecked. */
struct dcv_challenge validation_challenge(const struct validation *v);

/* The last failure, or what is waited for; "" for neither. Borrowed. */
const char *validation_note(const struct validation *v);

/* As far as SCM said. */
bool validation_current(const struct validation *v, int64_t now);

/*
 * Whether it has to be made, or made anew: not validated, or less than `renew_before` before its
 * end, or a third of its life when it does not live longer than that.
 */
bool validation_due(const struct validation *v, int64_t renew_before, int64_t now);

/* Whether SCM has to be asked: work is under way, it is due, or a week has passed. */
bool validation_doubtful(const struct validation *v, int64_t renew_before, int64_t now);

#endif
