/*
 * Whether an account still finds the entry that it logs in with, after an install target has put a
 * new one into that key store. Which file that is, is credential.h's; whether SCM accepts what is
 * found, candidate.h's.
 */
#ifndef AGENT_LOGIN_ENTRY_H
#define AGENT_LOGIN_ENTRY_H

#include "agent/conf.h"
#include "base/buf.h"

/*
 * `made`: what the target's file, a key store, is going to be. True when no account logs in with
 * what the target writes. ERR_KEYSTORE: an account would find no entry, or several, or its
 * passwords don't open it; ERR_CONFIG for the file of a password.
 */
MUST_USE bool login_entry_check(const struct conf *conf, const struct conf_target *t,
	const struct buf *made, struct err *err);

#endif
