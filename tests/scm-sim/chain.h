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

/* What is downloaded; all borrowed. */
struct chain_source {
	cert_stack *chain; /* leaf first, root last */
	const struct faults *faults;
	struct ca *ca;
	int64_t turn; /* picks one of the orders where the format has none */
};

/* Writes SOURCE in FORMAT, as its faults have it; owned. */
MUST bool chain_write(char **out, size_t *length, const struct chain_source *source,
	const struct chain_format *format, struct err *err);

#endif
