/*
 * The state directory: where everything about a certificate is kept, and nothing twice.
 *
 *	lock                   flock of the run that may change something
 *	pending/NAME/          one order in work
 *	archive/NAME/GEN/      complete generations, "000001" upward
 *	next/NAME/             the key of the next certificate (agent/next_key.h)
 *	live/NAME              symbolic link to ../archive/NAME/GEN
 *	cache/                 what can be found out again
 *	burnt                  compromised keys (agent/revocation.h)
 *	history                one line an event
 *
 * This file knows names and permissions; what the evidence means is situation.h's.
 */
#ifndef AGENT_STORE_H
#define AGENT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"

#define GENERATION_MAX 16 /* bytes of a generation's name, with the NUL */

/* Files of pending/NAME; those of a finished generation are the same, moved. */
#define FILE_INTENT "intent"
#define FILE_KEY "privkey.pem"
#define FILE_KEY_URI "key-uri"
#define FILE_REQUEST "request.pem"
#define FILE_SUBMITTING "submitting"
#define FILE_ORDER "order"
#define FILE_CERT "cert.pem"
#define FILE_CHAIN "chain.pem"
#define FILE_FULLCHAIN "fullchain.pem"
#define FILE_META "meta"
#define FILE_HELD "held"
#define FILE_RETRY "retry"
#define FILE_DEPLOYED "deployed"
#define FILE_NGINX "nginx.conf"
#define FILE_APACHE "apache.conf"
#define FILE_KEY_URI_PEM "key-uri.pem" /* these three when the key is in a token */
#define FILE_NGINX_PROVIDER "nginx-provider.conf"
#define FILE_APACHE_PROVIDER "apache-provider.conf"
#define FILE_PINNED "pinned" /* in a generation that `rollback` chose */
#define FILE_REVOKED "revoked"
#define FILE_UNACCEPTED "unaccepted" /* SCM refused it as a login (agent/candidate.h) */

struct store {
	char *path;
	int root; /* this and the next five: -1 until it is there */
	int pending;
	int live;
	int archive;
	int cache;
	int next;
	int lock; /* -1 until store_lock() */
	struct strlist
		refused; /* tokens that refused a PIN since this program started (refusal.h) */
};

/*
 * Opens what there is of it and makes nothing: for who reads, what is absent is empty. ERR_IO.
 * Owned: store_close().
 */
MUST_USE bool store_open_existing(struct store **out, const char *path, struct err *err);

/* Makes what is absent, before something is written. */
MUST_USE bool store_make(struct store *s, struct err *err);

/* Both in one. */
MUST_USE bool store_open(struct store **out, const char *path, struct err *err);

/* ERR_CONFIG when others could change what is in it, or will be. */
MUST_USE bool store_check_trusted(const struct store *s, struct err *err);
void store_close(struct store *s);
AUTO_DEFINE(store, struct store *, store_close);

/*
 * The right to change something; ERR_BUSY after `timeout` seconds. Held until store_close(). What a
 * killed run left half-made in the directories above is removed; what is absent is made first.
 */
MUST_USE bool store_lock(struct store *s, int64_t timeout, struct err *err);

/*
 * Refuses a clock that is earlier than the build or a day earlier than the last run, then records
 * this run's time (the lock file's mtime). Under the lock. ERR_INTERNAL.
 */
MUST_USE bool store_check_clock(struct store *s, int64_t now, struct err *err);

/* pending/NAME; made with `make`, else -1 in *out when it is not there. */
MUST_USE bool store_open_pending(
	int *out, struct store *s, const char *name, bool make, struct err *err);

/* next/NAME and archive/NAME, the same way. */
MUST_USE bool store_open_next(
	int *out, struct store *s, const char *name, bool make, struct err *err);
MUST_USE bool store_open_archive(
	int *out, struct store *s, const char *name, bool make, struct err *err);

/* Removes what a killed run left half-made in a certificate's own directories. Under the lock. */
MUST_USE bool store_clean(struct store *s, const char *name, struct err *err);

/* Names of the complete generations, oldest first. */
MUST_USE bool store_generations(
	struct strlist *out, struct store *s, const char *name, struct err *err);

/* Names of what store_abandon() put aside, oldest first. */
MUST_USE bool store_abandoned(
	struct strlist *out, struct store *s, const char *name, struct err *err);

/* The name of the generation that comes after all that are there. */
MUST_USE bool store_next_generation(
	char out[static GENERATION_MAX], struct store *s, const char *name, struct err *err);

/*
 * The generation that live/NAME points at, NULL when there is no link; whether it is there is not
 * asked. ERR_IO for a link to anything else. Owned: free().
 */
MUST_USE bool store_live(char **out, struct store *s, const char *name, struct err *err);

/* Points live/NAME at a generation. */
MUST_USE bool store_switch(
	struct store *s, const char *name, const char *generation, struct err *err);

/*
 * Moves pending/NAME out of the way, to archive/NAME/abandoned-N: an order may belong to its key,
 * and keys are not thrown away. Absent is fine.
 */
MUST_USE bool store_abandon(struct store *s, const char *name, struct err *err);

/*
 * Throws pending/NAME away at once: a crash leaves it whole or not at all, so that no request is
 * ever found without the key and the intent it was made from. Absent is fine.
 */
MUST_USE bool store_discard(struct store *s, const char *name, struct err *err);

/*
 * Completes pending/NAME aside: it appears whole, and what is there without an order gives way to
 * it. Begun anew over what a crash left; what is not completed is dropped.
 */
MUST_USE bool store_begin_aside(int *out, struct store *s, const char *name, struct err *err);
MUST_USE bool store_complete_aside(struct store *s, const char *name, struct err *err);
void store_drop_aside(struct store *s, const char *name);

/* STATE_DIR/archive/NAME/GEN/FILE or STATE_DIR/live/NAME. Owned: free(); NULL when out of memory.
 */
char *store_generation_path(
	const struct store *s, const char *name, const char *generation, const char *file);
char *store_live_path(const struct store *s, const char *name);

/* "TIME NAME EVENT detail" appended to history; detail is printf-like, may be "", and is made
 * printable; 2 KiB of it at most. */
MUST_USE bool store_history(struct store *s, struct err *err, const char *name, const char *event,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The last `most` bytes of the history, whole lines. */
MUST_USE bool store_read_history(struct buf *out, struct store *s, size_t most, struct err *err);

#endif
