/*
 * Where the key of the next order comes from. It is decided when the intent is written, which keeps
 * it: a run after a crash carries out the same (key_take.h).
 *
 *	key_from	what it is; absent in what older versions wrote: new
 *	key_id		its id in a token; of files as well, which need none
 *	key_made	when it was made, or came to us
 *	key_generation	whose key is used again
 *	key_spki	digest of a key that was made ahead
 *	key_foreign	somebody else made it: it is never deleted
 */
#ifndef AGENT_KEY_PLAN_H
#define AGENT_KEY_PLAN_H

#include "agent/job.h"

enum key_origin {
	KEY_NEW,      /* made for this order */
	KEY_REUSED,   /* that of the newest generation */
	KEY_STAGED,   /* made ahead: next_key.h */
	KEY_IMPORTED, /* a copy of the file import_key */
	KEY_GIVEN,    /* that which key_uri names */
	KEY_ADOPTED,  /* of an order that was taken over: adopt.h puts it there */
};

struct key_plan {
	enum key_origin origin;
	struct ks_id id;
	int64_t made;
	bool foreign;
	char generation[GENERATION_MAX]; /* KEY_REUSED */
	char spki[CSR_SHA256_HEX];	 /* KEY_STAGED */
};

/*
 * Decides for the job's next order, and has tried what is there already: it can be loaded, is of
 * the type that is configured, strong and not compromised. What does not do is said and a new key
 * planned, but a key that was asked for by name is an error: ERR_CONFIG, ERR_KEYSTORE.
 */
MUST_USE bool key_plan_decide(struct key_plan *out, struct job *job, struct err *err);

MUST_USE bool key_plan_write(struct record *intent, const struct key_plan *plan, struct err *err);

/* What an intent says. */
enum key_origin key_plan_origin(const struct record *intent);

/* When the key of a record was made, as far as that is known. */
int64_t key_plan_made(const struct record *r);

/* The file import_key, judged as key_plan_decide() does. Owned: EVP_PKEY_free(). */
MUST_USE bool key_plan_import(EVP_PKEY **out, struct job *job, struct err *err);

/* The key that key_uri names, by its id, judged in the same way. */
MUST_USE bool key_plan_given(struct ks_id *out, struct job *job, struct err *err);

#endif
