/*
 * What tests of scm-agent-fetch share about orders that follow another: requests with word ids,
 * keys of requests and certificates. Failures end the test.
 */
#ifndef TESTS_COMPONENT_FOLLOW_SCENE_H
#define TESTS_COMPONENT_FOLLOW_SCENE_H

#include "fetch_scene.h"

/* A request of a fresh key for www.example.com, and the digest of that key as WIRE_FIND wants it.
 */
struct follow_key {
	char *csr;
	char spki[WIRE_SPKI_MAX + 1];
};
void follow_key_make(struct follow_key *k);
void follow_key_dispose(struct follow_key *k);
AUTO_DEFINE_REF(follow_key, struct follow_key, follow_key_dispose);

/* Whether a certificate of the chain has this key. */
bool follow_has_key(const struct reply *r, const struct follow_key *k);

/* Requests; all borrow. */
struct wire_request follow_submit(enum wire_submit_kind kind, const char *order,
	const struct follow_key *k, const char *comments);
struct wire_request follow_find(
	enum wire_submit_kind kind, const char *order, const char *tag, const struct follow_key *k);
struct wire_request follow_revoke(const char *order);

/* Places an order that must be taken; its id goes to `order`. */
void follow_place(char order[static WIRE_ID_MAX + 1], struct fetch *f, const struct follow_key *k,
	const char *comments);

/* Collects: the order must be issued, with this key. */
void follow_expect_issued(struct fetch *f, const char *order, const struct follow_key *k);

#endif
