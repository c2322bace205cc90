/*
 * Bodies of type application/x-www-form-urlencoded.
 */
#ifndef SIM_URLFORM_H
#define SIM_URLFORM_H

#include "request.h"

/* The decoded pairs of BODY, which may be NULL, in FORM; freed with pairs_free(). False: malformed.
 */
MUST bool urlform_parse(struct pairs *form, const char *body);

/* BODY with the value of field NAME as ***; owned. */
char *urlform_mask(const char *body, const char *name);

#endif
