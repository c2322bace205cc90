/*
 * Hooks: programs that are told about a certificate, or about a record that validates a domain,
 * one event at a time.
 *
 * A hook is started without a shell, in "/", with an environment made from nothing, the umask of a
 * service (022), no descriptors but 0, 1 and 2, a session of its own and a time limit. README.md
 * in this folder tells authors of hooks what they may rely on. What happens around a hook (switch
 * of generations, roll-back, retry) is not known here.
 *
 * Everything in struct hook and struct hook_context is borrowed for the time of the call.
 */
#ifndef DEPLOY_HOOKS_HOOK_H
#define DEPLOY_HOOKS_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strlist.h"

enum hook_event {
	HOOK_PRE,
	HOOK_TEST,
	HOOK_DEPLOY,
	HOOK_POST,
	HOOK_PUBLISH,
	HOOK_WITHDRAW,
};

/* "pre", "test", "deploy", "post", "publish", "withdraw": the hook's first argument. */
const char *hook_event_name(enum hook_event event);

struct hook {
	const char *path;	       /* absolute */
	bool shipped;		       /* one of ours: it answers `test` too */
	const struct strlist *options; /* "UNIT=nginx.service"; NULL for none */
};

/* A DNS record that validates a domain; its value is any visible ASCII. */
struct hook_record {
	const char *type; /* "CNAME", "TXT" */
	const char *host;
	const char *value;
	const char *domain;
};

/* What a hook is told. A NULL (not_after: 0) leaves its variable out, but for FAILED_DOMAINS. */
struct hook_context {
	const char *name; /* of the certificate, or the domain of `record`; never NULL */
	const char *generation_dir;
	const char *cert_path;
	const char *chain_path;
	const char *fullchain_path;
	const char *key_path; /* or, for a key in a token, */
	const char *key_uri;
	const struct strlist *domains;
	const char *serial;	 /* upper-case hex */
	const char *fingerprint; /* SHA-256, lower-case hex */
	const char *old_serial;
	const char *order_id;
	const char *tlsa;      /* "3 1 1 HEX" (RFC 6698) of its key */
	const char *next_tlsa; /* of the key of the certificate after it */
	int64_t not_after;
	const char *live_dir; /* RENEWED_LINEAGE */
	const struct strlist *failed_domains;
	const struct hook_record *record; /* publish, withdraw */
};

/*
 * Runs the hook and waits until it has ended, at most `timeout_ms` and the ten seconds between
 * SIGTERM and SIGKILL. True when its exit status is 0. A hook that is not shipped is not asked to
 * `test`: true at once.
 *
 * `output` (may be NULL) gets what it printed, whole lines as far as they fit, safe for a terminal;
 * on failure too. ERR_DEPLOY otherwise, with path, event, status or time-out, and the last line.
 */
MUST_USE bool hook_run(const struct hook *h, enum hook_event event, const struct hook_context *ctx,
	int64_t timeout_ms, struct buf *output, struct err *err);

/*
 * Whether the file may be run at all: an absolute path of an executable regular file, which nobody
 * but root and the user who runs can change, nor a directory or a link on the way. ERR_CONFIG.
 */
MUST_USE bool hook_check(const struct hook *h, struct err *err);

#endif
