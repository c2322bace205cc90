/*
 * Domain control validation: what was started, submitted and validated, kept in DIR/dcv.json. A
 * domain that is not there is in the state that the account gives it.
 */
#ifndef SIM_DCV_STATE_H
#define SIM_DCV_STATE_H

#include "sim.h"

/* Reads DIR/dcv.json, if it is there, into SIM. */
MUST bool dcv_state_load(struct sim *sim, struct err *err);

MUST bool dcv_state_save(const struct sim *sim, struct err *err);

/* DOMAIN without the "*." that stands for what is below it; validation is the same for both. */
const char *dcv_state_base(const char *domain);

/* The record of DOMAIN, which is added when CREATE; borrowed, NULL when there is none. */
cJSON *dcv_state_find(struct sim *sim, const char *domain, bool create);

/* VALIDATED, NOT_VALIDATED or EXPIRED: the state of the account's record DOMAIN at NOW (ms). */
const char *dcv_state_status(const struct sim *sim, const cJSON *domain, int64_t now);

/* Ends the order of RECORD: its domain is validated from NOW on. */
void dcv_state_validate(const struct sim *sim, cJSON *record, int64_t now);

/* Validates what was submitted long enough ago, where nothing is looked up. */
MUST bool dcv_state_due(struct sim *sim, int64_t now, struct err *err);

/* Puts VALUE in the place of member NAME of RECORD. */
void dcv_state_set(cJSON *record, const char *name, cJSON *value);

#endif
