/*
 * The orders: what the ledger's events add up to. Nothing changes an order but an event, and an
 * event changes it only after the ledger has it.
 */
#ifndef SIM_ORDER_H
#define SIM_ORDER_H

#include "err.h"

#include <openssl/x509.h>

/* An order number is the id and this. */
#define ORDER_NUMBER_BASE 7000000

enum order_state {
	ORDER_REQUESTED, /* waits for approval */
	ORDER_APPLIED,	 /* with the CA */
	ORDER_ISSUED,
	ORDER_REVOKED,
	ORDER_DECLINED,
	ORDER_REJECTED,
	ORDER_INVALID,
	ORDER_DELETED /* nobody sees it any more */
};

struct order {
	int64_t id;
	enum order_state state;
	cJSON *accepted;  /* the event that made it, with what was changed since; owned */
	cJSON *pending;	  /* the event of a replacement that is not issued yet; owned, or NULL */
	cJSON *locations; /* those of POST location, each with its id; owned, or NULL */
	int64_t accepted_at, approved_at, declined_at, issued_at, revoked_at; /* ms; 0: not */
	int64_t renewed_at, replaced_at;				      /* ms; 0: not */
	int64_t reason_code;	       /* of the revocation */
	cert_stack *chain;	       /* leaf first, root last; owned; NULL before it is issued */
	char *serial;		       /* as serial_text(); owned; NULL before it is issued */
	int64_t not_before, not_after; /* ms */
};

struct orders;

/* Reads the orders from DIR/ledger.jsonl, which stays open; owned, freed with orders_free(). */
MUST bool orders_open(struct orders **out, const char *dir, struct err *err);

void orders_free(struct orders *orders);

/* Writes EVENT to the ledger and applies it; takes EVENT over. */
MUST bool orders_record(struct orders *orders, cJSON *event, struct err *err);

/* Writes to the ledger EVENT, which is about no order and changes none; takes EVENT over. */
MUST bool orders_note(struct orders *orders, cJSON *event, struct err *err);

/* An event of KIND ("accepted", "approved", ...) for order ID, to be filled and recorded; owned. */
cJSON *order_event(const char *kind, int64_t id);

/* The id the next order gets. */
int64_t orders_next_id(const struct orders *orders);

/* The orders, oldest first; borrowed. */
size_t orders_count(const struct orders *orders);
struct order *orders_at(const struct orders *orders, size_t index);

/* One order, or NULL; SERIAL as serial_normal() makes it. */
struct order *orders_find(const struct orders *orders, int64_t id);
struct order *orders_by_serial(const struct orders *orders, const char *serial);
struct order *orders_by_renew_id(const struct orders *orders, const char *renew_id);
struct order *orders_by_cert_id(const struct orders *orders, const char *cert_id);

/* The id the next location gets. */
int64_t orders_next_location(const struct orders *orders);

/* What is to be issued: the replacement, or the order itself. */
const cJSON *order_wanted(const struct order *order);

/* The state as the API names it, at time NOW. */
const char *order_status(const struct order *order, int64_t now);

#endif
