/*
 * The install targets of one certificate as one change: all files are made and written under
 * temporary names first, which finds every wrong password, full disk and missing directory; then
 * all are renamed, one right after the other. The file `installing` of archive/NAME is there
 * from before the first name until live/ has been switched as well: a run that dies between leaves
 * it, and targets_recover() then makes all files those of one generation again.
 *
 * A temporary file is .NAME.scm-agent in its target's directory.
 */
#ifndef AGENT_TARGETS_H
#define AGENT_TARGETS_H

#include "agent/job.h"

struct target_file;

/* Owned as a whole: targets_dispose(), which also removes files that have not got their place. */
struct targets {
	struct target_file *item;
	size_t n;
};

void targets_dispose(struct targets *t);
AUTO_DEFINE_REF(targets, struct targets, targets_dispose);

/*
 * Before money is spent: whether directories and passwords are there and safe, each key store takes
 * an entry, and the accounts that log in with that entry would find it. Changes nothing.
 * ERR_CONFIG for directories, password files and a path that is a link; ERR_KEYSTORE for what is
 * in a store.
 */
MUST_USE bool targets_check(const struct conf *conf, const struct conf_cert *cert, struct err *err);

/* The same of one, without its name in the message. */
MUST_USE bool targets_check_one(
	const struct conf *conf, const struct conf_target *t, struct err *err);

/*
 * Makes the files of a generation, in memory. Failures name the target. ERR_USAGE: revoked or
 * burnt; ERR_CONFIG as targets_check(); ERR_KEYSTORE: a store that can't be changed; ERR_IO.
 */
MUST_USE bool targets_make(struct targets *out, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err);

/* Announces and writes what was made, without touching what is there. ERR_IO. */
MUST_USE bool targets_prepare(struct targets *made, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err);

/* Puts what was prepared in its place. After a failure part of it may be: targets_recover(). */
MUST_USE bool targets_switch(struct targets *t, struct run *run, const struct conf_cert *cert,
	const char *generation, struct err *err);

/* Forgets that a change was begun: the files are those of what is live. */
MUST_USE bool targets_settle(struct store *store, const char *name, struct err *err);

/*
 * After a crash: the files become those of the live generation, or of the one that was being
 * installed when that is the only one that may serve. Does nothing when no change was begun.
 */
MUST_USE bool targets_recover(struct run *run, const struct conf_cert *cert, struct err *err);

/*
 * How many targets have no file; `names` gets their paths, with commas between. One that can't be
 * looked at counts as there.
 */
size_t targets_missing(struct buf *names, const struct conf_cert *cert);

/*
 * When the file of a target is gone, which somebody took away or which did not outlive a boot: all
 * are made those of the live generation. What others wrote into one is left alone. For a
 * certificate that is deployed as configured.
 */
MUST_USE bool targets_restore(struct run *run, const struct conf_cert *cert, struct err *err);

#endif
