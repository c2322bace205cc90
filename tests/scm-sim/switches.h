/*
 * How the simulator behaves: the switches of the command line, which the file DIR/switches may
 * change while the server runs. A switches file holds one switch a line, written as on the command
 * line ("--delay 200", "--fault=enroll:reset:1"); empty lines and lines that begin with # are
 * skipped. It is laid over the command line's switches; without it those hold again.
 */
#ifndef SIM_SWITCHES_H
#define SIM_SWITCHES_H

#include "fault.h"
#include "file.h"

/* What collect answers before the certificate can be had. */
enum not_ready {
	NOT_READY_CODE0,
	NOT_READY_183,
	NOT_READY_1400,
	NOT_READY_103,
	NOT_READY_109,
	NOT_READY_404,
	NOT_READY_EMPTY,
	NOT_READY_COUNT
};

/* What the administrators of SCM and its CA decide about an order, or about all (id 0). */
struct decision {
	enum verdict {
		VERDICT_APPROVE,
		VERDICT_DECLINE,
		VERDICT_REJECT,
		VERDICT_INVALID,
		VERDICT_REVOKE
	} verdict;
	int64_t ssl_id;
};

/* Where to look for what validates a domain: ADDRESS:PORT, empty when nothing is looked up. */
struct endpoint {
	char text[256];
};

struct switches {
	int64_t delay_ms;
	int64_t issue_ms; /* -1: never */
	int64_t visible_ms;
	int64_t collect_lag_ms;
	int64_t validity_s; /* 0: the order's term */
	int64_t page_size;
	int64_t token_s;
	int64_t lock_after; /* 0: never */
	int64_t dcv_ms;	    /* -1: never */
	int64_t dcv_validity_s;
	struct endpoint dcv_http, dcv_https, dcv_dns;
	struct endpoint dcv_email; /* "none", "all" or a domain; empty: as time says */
	bool approval, substring, old_revoke;
	enum not_ready not_ready;
	const char *replacing;	    /* the status of an order whose replacement is not issued */
	struct decision *decisions; /* owned */
	size_t decision_count;
	struct faults faults;
};

/* The behaviour without any switch; owned. */
struct switches *switches_new(void);

void switches_free(struct switches *switches);

/* Whether WORD (without --) is a switch; VALUED tells whether it takes a value. */
bool switches_known(bool *valued, const char *word);

/* Sets switch WORD to VALUE (NULL for one that takes none). */
MUST bool switches_set(
	struct switches *switches, const char *word, const char *value, struct err *err);

/* A copy of BASE, without its faults, with the switches of TEXT, read from PATH, over it; owned. */
MUST bool switches_overlay(struct switches **out, const struct switches *base, const char *text,
	const char *path, struct err *err);

/* Whether a decision of VERDICT is there for SSL_ID. */
bool switches_decided(const struct switches *switches, enum verdict verdict, int64_t ssl_id);

/* Prints the switches, for --help. */
void switches_help(FILE *out);

#endif
