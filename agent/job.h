/*
 * One certificate in one run: looks at its state on disk, takes the step that the state calls for,
 * and again, until nothing is left to do, something has to be waited for, or a step failed.
 *
 * The table in job.c is the life of a certificate. A step is idempotent and ends in one atomic
 * appearance of a file; a run that dies in a step leaves the state before it.
 */
#ifndef AGENT_JOB_H
#define AGENT_JOB_H

#include "agent/conf.h"
#include "agent/keyring.h"
#include "agent/net.h"
#include "agent/renew.h"
#include "agent/situation.h"
#include "agent/store.h"

/* What all jobs of a run share. Borrowed. */
struct run {
	const struct conf *conf;
	struct store *store;
	struct keyring *keys;
	struct net *net;
	uint64_t host;
	int64_t wait_until_ms; /* --wait: go on polling until then (clock_ms) */
	bool force;	       /* renew although it is not due */
	bool named;	       /* the administrator asked for this one: no back-off between runs */
	bool by_hand;	       /* deploy or rollback */
	bool logins_settled;   /* run_logins() */
	int domains_status;    /* exit status of what failed about domains, 0 for nothing */
	bool changed;	       /* set when something was issued or deployed */
};

enum progress {
	JOB_NEXT,     /* the state moved on: look again */
	JOB_ASKING,   /* waits for an answer of the fetcher */
	JOB_SLEEPING, /* waits for a time */
	JOB_DONE,
	JOB_FAILED,
};

struct job {
	const struct conf_cert *cert;
	struct run *run;
	struct situation sit; /* as of the last look */
	enum state state;
	struct renew_verdict verdict;
	char digest[CSR_SHA256_HEX]; /* of what a deployment depends on */

	enum progress progress;
	struct fetcher *asked; /* JOB_ASKING */
	uint32_t request_id;
	int64_t wake_ms; /* JOB_SLEEPING, clock_ms() */
	bool awake;	 /* slept: the step goes on instead of beginning */

	unsigned attempt; /* retrievals made in this run */
	bool submitted;	  /* in this run */
	bool renewed;	  /* in this run: not due again, however short its life */
	bool force;
	const char *reissue;  /* the next order replaces the last one, for this reason; or NULL */
	bool revoke_only;     /* ends when nothing is left to revoke */
	bool curious;	      /* asks SCM whether the certificate was revoked */
	bool looked;	      /* at what its leader has: that is settled for this run */
	bool asked_scm;	      /* what its leader's key has there: once a run */
	bool began;	      /* its pre hooks have run */
	bool heed;	      /* what it waits for, a person has to do */
	bool lapsed;	      /* a login that waited may be tried (candidate.h) */
	struct err postponed; /* a revocation that did not work: the job's result in the end */
	uint32_t retry_after; /* what SCM asked for, seconds */
	struct err err;	      /* JOB_FAILED */
};

void job_init(struct job *job, const struct conf_cert *cert, struct run *run);
void job_dispose(struct job *job);
AUTO_DEFINE_REF(job, struct job, job_dispose);

/* Goes on until it has to wait or has ended. */
void job_advance(struct job *job);

/* Hands it the answer that it waits for. */
void job_answer(struct job *job, const struct wire_reply *reply);

/* The fetcher that it waits for is dead. */
void job_abort(struct job *job, const struct err *why);

/* For steps. */

/* Sends a request to the job's account and waits for its answer. */
enum progress job_ask(struct job *job, struct wire_request *r, struct err *err);

/* The account that the job's order was made with, or will be. ERR_CONFIG when it has gone. */
MUST_USE bool job_account(const struct conf_account **out, const struct job *job, struct err *err);

/* Sleeps, then the step is called again with job->awake. */
enum progress job_sleep(struct job *job, int64_t seconds);

/* Runs the pre hooks once: something is about to be done. */
MUST_USE bool job_begin(struct job *job, struct err *err);

#endif
