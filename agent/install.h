/*
 * From "issued" to a generation: everything that a generation holds is completed in pending/NAME,
 * then the directory is renamed into the archive. After that nothing in it changes but markers.
 */
#ifndef AGENT_INSTALL_H
#define AGENT_INSTALL_H

#include "agent/job.h"

enum progress install_step(struct job *job, struct err *err);

/* Permissions of a generation's key and directory as the configuration has them now. */
MUST_USE bool install_set_permissions(
	const struct conf_cert *cert, int parent, const char *generation, struct err *err);

#endif
