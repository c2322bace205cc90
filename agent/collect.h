/*
 * From an order to "issued": asks SCM, with back-off within a run, and lets no certificate through
 * but one that csr_chain_judge() finds good. chain.pem is its verdict on disk.
 */
#ifndef AGENT_COLLECT_H
#define AGENT_COLLECT_H

#include "agent/job.h"

enum progress collect_step(struct job *job, struct err *err);
enum progress collect_on_answer(struct job *job, const struct wire_reply *r, struct err *err);

#endif
