/*
 * A generation as hooks and probes see it: its paths and what its meta file says.
 */
#ifndef AGENT_VIEW_H
#define AGENT_VIEW_H

#include "agent/job.h"
#include "csr/pin.h"

struct view {
	struct record meta;
	struct strlist domains;
	char *dir;
	char *cert;
	char *chain;
	char *fullchain;
	char *key;
	char *live;
	char tlsa[CSR_TLSA_MAX];
	char next_tlsa[CSR_TLSA_MAX];
	struct hook_context context; /* borrows from the rest */
};

MUST_USE bool view_open(struct view *v, struct run *run, const struct conf_cert *cert,
	const char *id, struct err *err);
void view_dispose(struct view *v);
AUTO_DEFINE_REF(view, struct view, view_dispose);

#endif
