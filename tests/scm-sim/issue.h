/*
 * What happens to orders as time goes by: administrators decide, the CA issues. Nothing runs in the
 * background; each request first lets happen what is due.
 */
#ifndef SIM_ISSUE_H
#define SIM_ISSUE_H

#include "sim.h"

/* Lets happen everything that is due at NOW (ms). */
MUST bool issue_due(struct sim *sim, int64_t now, struct err *err);

#endif
