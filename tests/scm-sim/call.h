/*
 * A call of the API: a request that found its route and its login, and the answer being made. This
 * is what every handler gets.
 */
#ifndef SIM_CALL_H
#define SIM_CALL_H

#include "reply.h"
#include "request.h"
#include "sim.h"

struct call {
	struct sim *sim;
	const struct request *request;
	const struct faults *faults; /* that strike this request */
	const cJSON *login;	     /* the account's record of who calls; NULL at token */
	int64_t id, sub_id;	     /* from the path; 0 without one */
	char *text;		     /* from the path; owned, NULL without one */
	cJSON *body;		     /* owned; NULL for routes without a body */
	int64_t now;		     /* ms */
	struct reply *reply;
};

typedef void handler(struct call *call);

/* The order with the id of the path when the caller may see it, or NULL. */
struct order *call_order(const struct call *call);

/* The same, but when there is none the reply says so as actions do. */
struct order *call_order_to_change(struct call *call);

/* The state of ORDER as the API names it now, that of a replacement included. */
const char *call_status(const struct call *call, const struct order *order);

/* Records EVENT with the caller's name; takes EVENT over. False: the reply is an error. */
MUST bool call_record(struct call *call, cJSON *event);

/* What kind of certificates the call is about: "ssl", "device" or "smime". */
const char *call_kind(const struct call *call);

/* Whether ORDER is of that kind, and the caller may act for its organization. */
bool call_may_see(const struct call *call, const struct order *order);

/* The login name of the caller, or its client id. */
const char *call_login(const struct call *call);

/* TIME (ms) by the request's dateFormat, or else by PATTERN; owned. */
char *call_date(const struct call *call, int64_t time, const char *pattern);

/* The part of a list that the caller asked for. */
struct page {
	int64_t position, size;
	int64_t total;	/* entries offered so far */
	cJSON *entries; /* owned */
};

/* Reads size and position. False: the reply refuses them. */
MUST bool page_open(struct page *page, const struct call *call);

/* Whether the next entry is wanted; counts it. */
bool page_wants(struct page *page);

/* Answers 200 with the entries and X-Total-Count; takes the entries over. */
void page_send(struct page *page, const struct call *call);

#endif
