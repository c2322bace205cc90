/*
 * Conversations of a server with starttls.h, for its tests.
 */
#ifndef TESTS_UNIT_STARTTLS_STORY_H
#define TESTS_UNIT_STARTTLS_STORY_H

#include "deploy-hooks/starttls.h"

#define STORY_CAPA "+OK\r\nTOP\r\nSTLS\r\nSASL PLAIN\r\n.\r\n"
#define BYTES(text) text, sizeof(text) - 1

/* A conversation: the server's turns, each of which comes when the last was answered. */
struct turn {
	const char *heard;
	size_t len;
};

#define STORY_TURNS 3

struct story {
	enum starttls_protocol protocol;
	struct turn turn[STORY_TURNS];
	const char *why; /* what the failure says; NULL: it leads to TLS */
};

/*
 * One turn, in pieces of `size` bytes; fails the test when it is answered before its end. What
 * starttls_feed() says.
 */
bool story_feed(struct starttls *s, const struct turn *t, size_t size, struct err *err);

/* The whole of it; fails the test unless it ends as told. */
void story_play(const struct story *story, size_t size);

#endif
