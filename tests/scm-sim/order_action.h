/*
 * What is done to an order, whichever API asks for it. False: the reply says why not; the caller
 * makes the answer of a success.
 */
#ifndef SIM_ORDER_ACTION_H
#define SIM_ORDER_ACTION_H

#include "order_form.h"

/* Whether ORDER may be renewed. */
MUST bool order_action_renewable(const struct call *call, const struct order *order);

/* Orders what FORM asks for in the place of ORDER's certificate; what is due is issued at once. */
MUST bool order_action_replace(
	struct call *call, const struct order *order, struct order_form *form, const char *reason);

/* Revokes the certificate of ORDER. */
MUST bool order_action_revoke(
	struct call *call, const struct order *order, int64_t code, const char *reason);

#endif
