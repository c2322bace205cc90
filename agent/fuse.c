#include "agent/fuse.h"

#include <string.h>

#include "base/clock.h"

#define HISTORY_TAIL (1024 * 1024) /* more than a day, unless something else is wrong */
#define FUSE_ORDERS 3
#define FUSE_ORDERS_LOST 6 /* while what is live is revoked, or its key compromised */
#define FUSE_WINDOW 86400

/* An event that stands for an order, or for one that may exist. */
static bool is_order(const char *event)
{
	static const char *const events[] = { "ordered ", "adopted ", "possible-orphan " };

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (!strncmp(event, events[i], strlen(events[i])))
			return true;
	return false;
}

/* Orders of the last day, and when the oldest that counts was made. */
static unsigned recent_orders(const char *history, const char *name, int64_t now, int64_t *oldest)
{
	size_t name_len = strlen(name);
	unsigned n = 0;

	for (const char *line = history; *line;
		line += strcspn(line, "\n"), line += *line == '\n') {
		char time[CLOCK_TEXT_MAX];
		size_t len = strcspn(line, " \n");
		const char *rest = line + len;
		int64_t at;

		if (len >= sizeof(time) || *rest != ' ' || strncmp(rest + 1, name, name_len) ||
			rest[1 + name_len] != ' ' || !is_order(rest + name_len + 2))
			continue;
		memcpy(time, line, len);
		time[len] = '\0';
		if (!clock_parse(&at, time) || now - at >= FUSE_WINDOW)
			continue;
		if (!n++)
			*oldest = at;
	}
	return n;
}

/* A fuse against our own mistakes and everybody else's: orders cost money and run into limits. */
bool fuse_check(struct job *job, struct err *err)
{
	AUTO(buf) struct buf history = { 0 };
	char text[CLOCK_TEXT_MAX];
	int64_t now = clock_now();
	int64_t oldest = now;
	unsigned most = job->sit.lost ? FUSE_ORDERS_LOST : FUSE_ORDERS;

	if (!store_read_history(&history, job->run->store, HISTORY_TAIL, err))
		return false;
	if (recent_orders(buf_str(&history), job->cert->name, now, &oldest) < most)
		return true;
	return err_set(err, ERR_REJECTED,
		"%u orders within a day, no more are made until %s; find out why they were needed",
		most, clock_format(text, oldest + FUSE_WINDOW));
}
