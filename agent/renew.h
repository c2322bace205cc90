/*
 * Whether a certificate has to be renewed, when, and why. Pure: time and host are arguments.
 */
#ifndef AGENT_RENEW_H
#define AGENT_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf.h"
#include "agent/record.h"

#define RENEW_WHY_MAX 160

struct renew_verdict {
	bool due;
	int64_t when;	      /* when it becomes due by its age, or is to be replaced */
	int64_t replacement;  /* when renew_if_issued_before makes it due; 0: it does not */
	bool window_too_long; /* renew_before is no shorter than the lifetime: the default applies
			       */
	char why[RENEW_WHY_MAX]; /* "" when it is not due */
};

/*
 * `meta` describes the certificate that there is (NULL for none). `host` is a number that is
 * stable for this host: it and the name spread a fleet out, at most a day and at most a twentieth
 * of the window earlier, never later.
 */
void renew_decide(struct renew_verdict *out, const struct conf_cert *cert,
	const struct record *meta, int64_t now, uint64_t host);

/* The same by age alone, whatever the configuration says: for a generation that is pinned. */
void renew_by_age(struct renew_verdict *out, const struct conf_cert *cert,
	const struct record *meta, int64_t now, uint64_t host);

/*
 * renew_if_issued_before, applied to a verdict: a certificate that was issued before that time is
 * due at a moment of the day that follows `seen`, when this host first saw the setting, each host
 * and name at its own. What was ordered after the time was issued after it, whatever its dates.
 */
void renew_by_issue(struct renew_verdict *v, const struct conf_cert *cert,
	const struct record *meta, int64_t seen, int64_t now, uint64_t host);

/* Makes it due whatever its age: it is revoked, for instance. */
void renew_at_once(struct renew_verdict *v, const char *why);

/*
 * What changed in the configuration since `meta` (or an intent) was written: "names changed" and
 * the like, or NULL.
 */
const char *renew_changed(const struct conf_cert *cert, const struct record *meta);

/* The part of it that is about the key: what a key that was made before may not differ in. */
const char *renew_key_changed(const struct conf_cert *cert, const struct record *r);

/* Writes what renew_changed() compares. */
MUST_USE bool renew_describe(struct record *r, const struct conf_cert *cert, struct err *err);

/* The host's number, from /etc/machine-id; the host name's when there is none. */
uint64_t renew_host(void);

#endif
