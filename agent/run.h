/*
 * A run over certificates: all that wait for the network wait together, the rest is done one after
 * the other; one that fails does not stop the others.
 */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include "agent/job.h"

/*
 * What accounts log in with comes before all that is asked for with it: new certificates for it
 * are deployed, whichever certificates the run is about. Once a run; run_jobs() begins with it.
 */
void run_logins(struct run *run, struct job *jobs, size_t n);

/*
 * Validates domains that need it, then advances the jobs until each has ended. The result is in
 * each job, and in run->domains_status. The jobs are in the configuration's order.
 */
void run_jobs(struct run *run, struct job *jobs, size_t n);

/* Each post hook of jobs that began, once, told which names failed: run_jobs() ends with it. */
void run_post_hooks(const struct job *jobs, size_t n);

/* The exit status of ended jobs: the first failure's, and 7 only when nothing else failed. */
int run_status(const struct job *jobs, size_t n);

#endif
