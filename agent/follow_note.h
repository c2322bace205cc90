/*
 * What a follower remembers between runs, so that it neither opens a file twice nor asks SCM at
 * every run: cache/follow-NAME. Without it all is looked at anew, and the same follows.
 */
#ifndef AGENT_FOLLOW_NOTE_H
#define AGENT_FOLLOW_NOTE_H

#include "agent/store.h"
#include "csr/key.h"

struct follow_note {
	char file[CSR_SHA256_HEX];   /* digest of the file that was looked at last */
	char config[CSR_SHA256_HEX]; /* the certificate's configuration then */
	char newest[GENERATION_MAX]; /* the newest generation then; "" for none */
	bool settled;		     /* nothing is left to be done about that file */
	int64_t asked;		     /* when SCM was asked last; 0 for never */
	char trouble[ERR_TEXT_MAX];  /* what is in the way; "" for nothing */
};

/* All zero when there is none, or none that can be read. */
void follow_note_read(struct follow_note *out, struct store *store, const char *name);

bool follow_note_same(const struct follow_note *a, const struct follow_note *b);

/* Under the lock. */
MUST_USE bool follow_note_write(
	const struct follow_note *n, struct store *store, const char *name, struct err *err);

#endif
