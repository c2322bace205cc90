/*
 * The domains that certificates need: which they are, their validation in a run, and whether an
 * order may be made.
 */
#ifndef AGENT_DOMAINS_H
#define AGENT_DOMAINS_H

#include "agent/validate.h"

struct domains {
	struct validate *item;
	size_t n;
};

void domains_dispose(struct domains *d);
AUTO_DEFINE_REF(domains, struct domains, domains_dispose);

/* One domain more, unless it is among them. */
MUST_USE bool domains_add(struct domains *d, struct run *run, const struct conf_dcv *conf,
	const char *domain, struct err *err);

/*
 * Moves all of them on, and goes on with those that wait as long as orders are waited for
 * (enroll_back_off_timer, --wait). The result is in each.
 */
void domains_work(struct domains *d);

/*
 * For a run: the domains of all its certificates with dcv = auto, and what was published for
 * domains that are configured no more. Failures are said here; the exit status of the first, or 0.
 * What has to wait is none: an order that needs it says so (domains_ready()).
 */
int domains_run(struct run *run, const struct job *jobs, size_t n);

/* Before an order: ERR_PENDING while a domain of a certificate with dcv = auto is not validated. */
MUST_USE bool domains_ready(const struct run *run, const struct conf_cert *cert, struct err *err);

/*
 * After an order was refused with SCM's code: ERR_PENDING when that is about a validation which SCM
 * was not asked about just now, so that the next run asks, instead of taking the refusal for final.
 */
MUST_USE bool domains_accepted(
	const struct run *run, const struct conf_cert *cert, int64_t code, struct err *err);

#endif
