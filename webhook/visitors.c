#include "webhook/visitors.h"

#include <stddef.h>
#include <sys/socket.h>

void visitors_init(struct visitors *v)
{
	v->n = 0;
	for (unsigned i = 0; i < VISITORS_MAX; i++)
		v->seat[i] = (struct visitor) { .fd = -1, .deadline = INT64_MAX };
}

struct visitor *visitors_enter(struct visitors *v, int fd, int64_t now)
{
	for (unsigned i = 0; i < VISITORS_MAX; i++) {
		struct visitor *one = &v->seat[i];

		if (one->fd >= 0)
			continue;
		one->fd = fd;
		visitor_renew(one, now);
		v->n++;
		return one;
	}
	return NULL;
}

void visitor_renew(struct visitor *one, int64_t now)
{
	one->deadline = now + VISITOR_PATIENCE_MS;
}

void visitors_leave(struct visitors *v, struct visitor *one)
{
	*one = (struct visitor) { .fd = -1, .deadline = INT64_MAX };
	v->n--;
}

void visitors_dismiss(struct visitors *v, int64_t now)
{
	for (unsigned i = 0; i < VISITORS_MAX; i++) {
		struct visitor *one = &v->seat[i];

		if (one->fd < 0 || now < one->deadline)
			continue;
		shutdown(one->fd, SHUT_RDWR);
		one->deadline = INT64_MAX;
	}
}

int64_t visitors_next(const struct visitors *v)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < VISITORS_MAX; i++)
		if (v->seat[i].deadline < next)
			next = v->seat[i].deadline;
	return next;
}
