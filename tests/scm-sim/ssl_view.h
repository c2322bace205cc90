/*
 * The details of an order, for the calls that answer with them.
 */
#ifndef SIM_SSL_VIEW_H
#define SIM_SSL_VIEW_H

#include "call.h"

/* The details of ORDER; owned. */
cJSON *ssl_view(const struct call *call, const struct order *order);

/* Answers 200 with the details of ORDER. */
void ssl_view_send(struct call *call, const struct order *order);

#endif
