/*
 * Key and certificates that a leader's file or SCM offers: judged at the same gate as those of an
 * order, compared with what there is, and taken when they are newer. What is taken becomes
 * pending/NAME, whole, as if an order of ours had been issued; from there it goes the ordinary way.
 */
#ifndef AGENT_FOLLOW_OFFER_H
#define AGENT_FOLLOW_OFFER_H

#include "agent/job.h"
#include "csr/chain.h"

/* All borrowed. */
struct follow_offer {
	EVP_PKEY *key;
	const struct csr_der *der; /* any order; the leaf has this key */
	size_t n;
	const char *order; /* at SCM; "" when it is not known */
	bool refresh; /* take the same leaf again, when its chain or the configured names changed */
};

enum follow_result {
	FOLLOW_TAKEN,
	FOLLOW_SAME,   /* it is what there is */
	FOLLOW_OLDER,  /* than what there is, which stays */
	FOLLOW_UNFIT,  /* the gate refuses it, or its key is compromised */
	FOLLOW_FAILED, /* for a reason of this host */
};

/* `err` is set for the last two. */
enum follow_result follow_consider(
	struct job *job, const struct follow_offer *offer, struct err *err);

#define FOLLOW_BACKDATED (2 * 86400) /* seconds by which a CA may date a certificate back */

/*
 * How a certificate compares with the newest generation's `meta`. One that was a generation before
 * (`known`) never comes back; any other is good enough when the newest is of no use (`useless`:
 * revoked, compromised or expired). CAs date back, each as it likes, so one that is new here is
 * older only when it begins FOLLOW_BACKDATED earlier. Pure.
 */
enum follow_result follow_rank(
	const struct csr_info *offered, const struct record *meta, bool known, bool useless);

#endif
