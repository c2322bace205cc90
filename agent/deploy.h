/*
 * From a generation to a server that serves it, as one transaction: permissions, install targets
 * (targets.h), live/ switched, the hooks' test, the hooks' deploy, each `verify` address probed
 * until it shows the new leaf and chain. Any failure puts the former generation back and deploys
 * that again. A failed deployment is tried again later from the same generation; it never leads to
 * a new order.
 */
#ifndef AGENT_DEPLOY_H
#define AGENT_DEPLOY_H

#include "agent/job.h"

enum progress deploy_step(struct job *job, struct err *err);

/* SHA-256 over what a deployment depends on: targets, hooks, options, verify, group, modes. */
MUST_USE bool deploy_digest(
	char out[static CSR_SHA256_HEX], const struct conf_cert *cert, struct err *err);

/*
 * The transaction alone, for the commands: makes `generation` live and proves it. `former` is what
 * a failure falls back to, NULL for nothing. ERR_DEPLOY; before anything changed, what
 * targets_prepare() says.
 */
MUST_USE bool deploy_generation(struct run *run, const struct conf_cert *cert,
	const char *generation, const char *former, struct err *err);

/*
 * What the newest generation falls back on: the one that is live, else the newest of the others,
 * but only one that was deployed once and can still serve. NULL in *out when there is none. Owned:
 * free().
 */
MUST_USE bool deploy_former(char **out, struct store *store, const char *name,
	const struct situation *s, struct err *err);

/* Marks a generation as deployed with the configuration as it is. */
MUST_USE bool deploy_mark(
	struct run *run, const struct conf_cert *cert, const char *generation, struct err *err);

/*
 * Takes back that the newest generation is deployed as it should be, so that a run sees to it. That
 * it once was stays known: it can still be fallen back on.
 */
MUST_USE bool deploy_unmark(struct job *job, struct err *err);

#endif
