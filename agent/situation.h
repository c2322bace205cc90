/*
 * What the state directory says about one certificate: evidence, and the state that follows from
 * it. The state is never stored. Reading changes nothing and needs no lock and no key store.
 */
#ifndef AGENT_SITUATION_H
#define AGENT_SITUATION_H

#include "agent/conf.h"
#include "agent/record.h"
#include "agent/store.h"
#include "csr/key.h"

/* X(state, word for people): what there is to do next. */
#define STATES(X)                                                                                  \
	X(REVOKING, "revoking")                                                                    \
	X(CURRENT, "current")                                                                      \
	X(DUE, "due")                                                                              \
	X(KEYED, "key made")                                                                       \
	X(REQUESTED, "request made")                                                               \
	X(SUBMITTING, "answer lost")                                                               \
	X(ORDERED, "ordered")                                                                      \
	X(ISSUED, "issued")                                                                        \
	X(INSTALLED, "installed")                                                                  \
	X(HELD, "held")

enum state {
#define STATE_ENUM(state, word) STATE_##state,
	STATES(STATE_ENUM)
#undef STATE_ENUM
		STATE_COUNT
};

const char *state_name(enum state s); /* "CURRENT" */
const char *state_word(enum state s); /* "current" */

/* A file of records that may be missing. */
struct evidence {
	bool found;
	struct record r;
};

struct situation {
	char *live;   /* generation that live/ points at, or NULL */
	char *newest; /* newest complete generation, or NULL */
	struct evidence live_meta;
	struct evidence newest_meta;
	struct evidence live_deployed; /* of the live generation, when that is not the newest */
	struct evidence deployed;      /* of the newest generation */
	struct evidence deploy_retry;
	struct evidence unaccepted; /* the same: SCM did not take it for a login */
	bool pinned;	  /* `rollback` chose the live generation, and nothing newer came since */
	const char *lost; /* why what situation_meta() describes is of no use, or NULL */
	struct evidence revoking; /* a revocation in work, or refused */

	bool pending; /* pending/NAME is there */
	struct evidence intent;
	bool key;		   /* the key, or the token's reference to it */
	char spki[CSR_SHA256_HEX]; /* its digest, "" before a request tells */
	bool burnt;		   /* it is known to be compromised */
	bool request;
	struct evidence submitting;
	struct evidence order;
	bool chain;
	struct evidence held;
	struct evidence retry;
};

MUST_USE bool situation_read(
	struct situation *out, struct store *store, const char *name, struct err *err);
void situation_dispose(struct situation *s);
AUTO_DEFINE_REF(situation, struct situation, situation_dispose);

/*
 * The oldest generation whose meta has that value, NULL for none: of an order, of a fingerprint.
 * Owned: free().
 */
MUST_USE bool situation_find_generation(char **out, struct store *store, const char *name,
	const char *key, const char *value, struct err *err);

/* As if nothing were being revoked. */
void situation_forget_revoking(struct situation *s);

/* The certificate that matters for "is it due": the pinned one, else the newest. */
const struct evidence *situation_meta(const struct situation *s);

/*
 * Whether what is live was deployed for that configuration, whatever is in work, or newer and not
 * deployed yet.
 */
bool situation_is_deployed(const struct situation *s, const char *deploy_digest);

/*
 * The state. `due`: whether what situation_meta() describes has to be renewed. `deploy_digest`: of
 * the configuration that a deployment depends on; one that changed makes it INSTALLED again.
 */
enum state situation_state(const struct situation *s, bool due, const char *deploy_digest);

#endif
