/*
 * What an event of the ledger does to its order.
 */
#ifndef SIM_ORDER_EVENT_H
#define SIM_ORDER_EVENT_H

#include "order.h"

/* Applies EVENT of KIND, which happened at TIME (ms). False: it does not fit. */
MUST bool order_apply(struct order *order, const char *kind, const cJSON *event, int64_t time);

#endif
