/*
 * How a chain is written for download: the formats of collect, each with its order, and the ways in
 * which faults change them.
 */
#ifndef SIM_CHAIN_H
#define SIM_CHAIN_H

#include "ca.h"
#include "fault.h"

struct chain_format;

/* The format of NAME, or NULL. */
const struct chain_format *chain_format(const char *name);

/*
 * Writes CHAIN (leaf first, root last) in FORMAT, as FAULTS have it; owned. TURN picks one of the
 * orders where the format has none.
 */
MUST bool chain_write(char **out, size_t *length, STACK_OF(X509) * chain,
	const struct chain_format *format, const struct faults *faults, struct ca *ca, int64_t turn,
	struct err *err);

#endif
