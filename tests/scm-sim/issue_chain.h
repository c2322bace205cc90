/*
 * The chain of a certificate that is being issued.
 */
#ifndef SIM_ISSUE_CHAIN_H
#define SIM_ISSUE_CHAIN_H

#include "ca.h"
#include "fault.h"

/* Signs what SPEC says by the CA that its key, or a fault, asks for; leaf first, owned. */
MUST bool issue_chain(cert_stack **out, struct ca *ca, const struct cert_spec *spec,
	const struct faults *faults, struct err *err);

#endif
