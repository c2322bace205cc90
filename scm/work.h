/*
 * One operation of the agent as a chain of calls to SCM: each step takes an answer and either names
 * the next call or completes the reply. No I/O here: client.c carries calls and answers between the
 * steps and http.c, and tests feed answers by hand.
 */
#ifndef SCM_WORK_H
#define SCM_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "scm/answer.h"
#include "scm/api.h"
#include "scm/body.h"
#include "scm/json.h"
#include "scm/request_list.h"
#include "scm/wire.h"

struct scm_work {
	const struct scm_api *api;
	struct buf message; /* what `request` borrows from */
	struct wire_request request;
	struct wire_reply reply; /* borrows from what follows */
	struct scm_details details;
	struct scm_chain chain;
	struct strlist cells;
	char order[SCM_ID_SIZE]; /* an id as text */

	/* where a chain of calls stands */
	struct scm_ids ids;   /* FIND: all orders with the common name, newest first when reading */
	struct scm_page page; /* FIND, LIST: the page that was asked for */
	size_t reading;	      /* FIND: the order whose details were asked for */
	size_t collects;      /* FIND: certificates that were looked at */
	bool listed;	      /* FIND: every page has come */
	bool collecting;      /* FIND: a certificate was asked for */
	bool undecided;	      /* FIND: as the reply's */
	bool enrolling;	      /* SUBMIT: since SCM did not renew */
	bool rechecked;	      /* COLLECT: SCM was asked to look at the domains again */
	bool told_to_wait;    /* COLLECT: SCM said so in words */
	bool asked;	      /* COLLECT, REVOKE: now the details were asked for */
	bool older;	      /* LIST, DCV: the call of older releases was asked for */
	struct wire_reply refusal; /* REVOKE: what the details are to explain */
};

/* A copy of the request, ready to begin. Owned: scm_work_free(). ERR_INTERNAL. */
MUST_USE bool scm_work_new(
	struct scm_work **out, const struct wire_request *r, enum wire_api api, struct err *err);
void scm_work_free(struct scm_work *w);
AUTO_DEFINE(scm_work, struct scm_work *, scm_work_free);

/*
 * Both return true when `next` (an empty SCM_CALL before) is to be sent, false when the reply is
 * complete. An operation that is not one of SCM's (ACCOUNT, PROBE) is a bug of the caller.
 */
bool scm_work_begin(struct scm_work *w, struct scm_call *next);
bool scm_work_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);

/* Completes the reply with a failure to send: nothing of `next` has left the host. */
void scm_work_fail(struct scm_work *w, const struct err *why);

/* ---- the operations, one file each; as the two above ----------------------------------------- */

bool scm_submit_begin(struct scm_work *w, struct scm_call *next);
bool scm_submit_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
bool scm_find_begin(struct scm_work *w, struct scm_call *next);
bool scm_find_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
bool scm_collect_begin(struct scm_work *w, struct scm_call *next);
bool scm_collect_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
bool scm_details_begin(struct scm_work *w, struct scm_call *next);
bool scm_details_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
bool scm_revoke_begin(struct scm_work *w, struct scm_call *next);
bool scm_revoke_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
bool scm_table_begin(struct scm_work *w, struct scm_call *next);
bool scm_table_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);
bool scm_dcv_begin(struct scm_work *w, struct scm_call *next);
bool scm_dcv_step(struct scm_work *w, const struct scm_answer *a, struct scm_call *next);

/*
 * Details of the order `id` out of an answer, into w->details and the reply's state, status and
 * serial; false when the reply has become a failure.
 */
bool scm_details_read(struct scm_work *w, const struct scm_answer *a, const char *id);

/*
 * What came for a collect request; certificates are in w->chain then, the reply is a failure for
 * all but these. A 404 without a word may mean that there is nothing yet, or nothing at all.
 */
enum scm_collected { SCM_COLLECTED, SCM_TOLD_TO_WAIT, SCM_NOTHING_THERE, SCM_NOT_COLLECTED };
enum scm_collected scm_collected(struct scm_work *w, const struct scm_answer *a);

/* Completes the reply: issued, and the certificates that were collected. False. */
bool scm_work_give_chain(struct scm_work *w);

/* The decimal form of an id of the Admin API; lives as long as `w`, until the next one. */
const char *scm_work_id(struct scm_work *w, uint64_t id);

#endif
