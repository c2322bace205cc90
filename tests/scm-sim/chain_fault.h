/*
 * The orders a chain can be put into, sound and unsound, and what else can be wrong with a
 * download.
 */
#ifndef SIM_CHAIN_FAULT_H
#define SIM_CHAIN_FAULT_H

#include "chain.h"

/*
 * The chain of SOURCE in ORDER, a value of the fault "chain" or root-first-no-leaf; owned. The
 * orders that shuffled stands for are none of them leaf first.
 */
MUST bool chain_arrange(
	cert_stack **out, const struct chain_source *source, const char *order, struct err *err);

/* Adds strangers until the fault "certificates" of SOURCE, if any, has its number. */
MUST bool chain_lengthen(cert_stack *certs, const struct chain_source *source, struct err *err);

/* Changes the line ends of the owned TEXT as FAULT (may be NULL) has it. */
void chain_end_lines(char **text, size_t *length, const struct fault *fault);

#endif
