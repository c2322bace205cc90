/*
 * From "issued" to a generation: everything that a generation holds is completed in pending/NAME,
 * then the directory is renamed into the archive. After that nothing in it changes but markers.
 */
#ifndef AGENT_INSTALL_H
#define AGENT_INSTALL_H

#include "agent/job.h"
#include "csr/chain.h"

/* Writes what the gate let through into pending/NAME; with that it is issued. */
MUST_USE bool install_keep_chain(const struct csr_chain *c, int dir, struct err *err);

enum progress install_step(struct job *job, struct err *err);

/* Permissions of a generation's key and directory as the configuration has them now. */
MUST_USE bool install_set_permissions(
	const struct conf_cert *cert, int parent, const char *generation, struct err *err);

#endif
