/*
 * Open connections and their patience. A request must have come, and its answer gone, within
 * VISITOR_PATIENCE_MS of the connection's beginning, or of the end of the request before it. The
 * HTTP library only knows a time without any byte, which a slow sender renews with each of them.
 */
#ifndef WEBHOOK_VISITORS_H
#define WEBHOOK_VISITORS_H

#include <stdint.h>

#define VISITORS_MAX 64
#define VISITOR_PATIENCE_MS 10000

struct visitor {
	int fd; /* borrowed; -1: nobody */
	int64_t deadline;
};

struct visitors {
	struct visitor seat[VISITORS_MAX];
	unsigned n;
};

void visitors_init(struct visitors *v);

/* A connection begins; its seat, which stays where it is until it leaves, or NULL when all are
 * taken. */
struct visitor *visitors_enter(struct visitors *v, int fd, int64_t now);

/* A request of it has come to its end: patience for another one. */
void visitor_renew(struct visitor *one, int64_t now);

void visitors_leave(struct visitors *v, struct visitor *one);

/* Shuts down those who took too long; their owner sees the end of the stream and closes them. */
void visitors_dismiss(struct visitors *v, int64_t now);

/* When visitors_dismiss() has something to do next, INT64_MAX for never. */
int64_t visitors_next(const struct visitors *v);

#endif
