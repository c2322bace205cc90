#include "webhook/tally.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"

#define PAUSE_MS 60000

void tally_hint(struct tally *t, uint64_t id)
{
	t->hints++;
	t->id = id;
}

void tally_refusal(struct tally *t, unsigned status, const char *why)
{
	size_t i = 0;

	while (i < TALLY_KINDS - 1 && t->kind[i].status && t->kind[i].status != status)
		i++;
	t->kind[i].status = status;
	t->kind[i].n++;
	t->refused++;
	snprintf(t->why, sizeof(t->why), "%s", why);
}

static void log_refusals(const struct tally *t)
{
	AUTO(buf) struct buf counts = BUF(512);

	for (size_t i = 0; i < TALLY_KINDS && t->kind[i].status; i++)
		buf_addf(&counts, "%s%" PRIu64 " with %u", i ? ", " : "", t->kind[i].n,
			t->kind[i].status);
	log_warning("requests refused: %s; the last: %s", buf_str(&counts), t->why);
}

void tally_close(struct tally *t)
{
	if (t->hints)
		log_info("hints: %" PRIu64 ", the last about order %" PRIu64, t->hints, t->id);
	if (t->refused)
		log_refusals(t);
	*t = (struct tally) { 0 };
}

void tally_report(struct tally *t, int64_t now)
{
	if (now < tally_next(t))
		return;
	tally_close(t);
	t->not_before = now + PAUSE_MS;
}

int64_t tally_next(const struct tally *t)
{
	return t->hints || t->refused ? t->not_before : INT64_MAX;
}
