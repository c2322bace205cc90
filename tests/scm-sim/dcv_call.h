/*
 * What the calls about domain control validation have in common.
 */
#ifndef SIM_DCV_CALL_H
#define SIM_DCV_CALL_H

#include "call.h"
#include "dcv_state.h"

/* The account's record that validates DOMAIN; NULL when there is none. */
const cJSON *dcv_account_record(const struct call *call, const char *domain);

/* Finds the account's record of DOMAIN (NULL: missing). False: the reply refuses it. */
MUST bool dcv_find_domain(const cJSON **record, const char *domain, const struct call *call);

/* Reads "domain", or "domains" with one item, and finds the account's record. */
MUST bool dcv_read_domain(const char **domain, const cJSON **record, const struct call *call);

/* False: the reply is an error. */
MUST bool dcv_save(const struct call *call);

const char *dcv_order_status(const cJSON *record);

/* Empties the order of RECORD and leaves what was validated. */
void dcv_clear_order(cJSON *record);

/*
 * Looks whether what the order of DOMAIN asks for was published, when it was submitted and a
 * switch says where to look; then the domain is validated, else the record says why not. The
 * ledger has each look.
 */
MUST bool dcv_look(struct call *call, const char *domain);

/* Puts member NAME into the domain's RECORD and into VIEW. */
void dcv_put(cJSON *record, cJSON *view, const char *name, const char *value);

/* The method of the path in upper case; owned, NULL after the reply refused it. */
char *dcv_read_method(const struct call *call);

/* Refuses a call that does not fit STATUS, the state of DOMAIN's order; false. */
bool dcv_refuse_state(const struct call *call, const char *domain, const char *status);

/* The mailboxes beside those of the domain itself: of its TXT records, of its registration. */
#define DCV_TXT_MAILBOX "dns-txt@registrar.test"
#define DCV_WHOIS_MAILBOX "domains@registrar.test"

#endif
