#include "webhook/refusals.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"

#define PAUSE_MS 60000

void refusals_note(struct refusals *r, unsigned status, const char *why)
{
	size_t i = 0;

	while (i < REFUSALS_KINDS - 1 && r->kind[i].status && r->kind[i].status != status)
		i++;
	r->kind[i].status = status;
	r->kind[i].n++;
	r->n++;
	snprintf(r->last, sizeof(r->last), "%s", why);
}

void refusals_report(struct refusals *r, int64_t now)
{
	AUTO(buf) struct buf counts = BUF(512);

	if (!r->n || now < r->next)
		return;
	for (size_t i = 0; i < REFUSALS_KINDS && r->kind[i].status; i++)
		buf_addf(&counts, "%s%" PRIu64 " with %u", i ? ", " : "", r->kind[i].n,
			r->kind[i].status);
	log_warning("requests refused: %s; the last: %s", buf_str(&counts), r->last);
	*r = (struct refusals) { .next = now + PAUSE_MS };
}

int64_t refusals_next(const struct refusals *r)
{
	return r->n ? r->next : INT64_MAX;
}
