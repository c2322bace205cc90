/*
 * The orders a chain can be put into, sound and unsound, and what else can be wrong with a
 * download.
 */
#ifndef SIM_CHAIN_FAULT_H
#define SIM_CHAIN_FAULT_H

#include "ca.h"
#include "fault.h"

/*
 * CHAIN (leaf first, root last) in ORDER, a value of the fault "chain" or root-first-no-leaf;
 * owned. TURN picks one of the orders that shuffled stands for, none of which is leaf first.
 */
MUST bool chain_arrange(STACK_OF(X509) * *out, STACK_OF(X509) * chain, const char *order,
	struct ca *ca, int64_t turn, struct err *err);

/* Adds strangers until FAULT (may be NULL) has its number of certificates. */
MUST bool chain_lengthen(
	STACK_OF(X509) * certs, const struct fault *fault, struct ca *ca, struct err *err);

/* Changes the line ends of the owned TEXT as FAULT (may be NULL) has it. */
void chain_end_lines(char **text, size_t *length, const struct fault *fault);

#endif
