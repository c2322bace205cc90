#include "agent/sequel.h"

#include <string.h>

#include "agent/revocation.h"

#define RENEW "renew"
#define REPLACE "replace"

static bool can_renew(bool *out, const struct job *job, struct err *err)
{
	const struct situation *s = &job->sit;
	const struct record *meta = &s->newest_meta.r;

	*out = job->cert->renew_with == CONF_RENEW && s->newest && *record_get(meta, "order") &&
	       !renew_changed(job->cert, meta);
	if (!*out || revocation_check(job->run->store, job->cert->name, s->newest, err))
		return true;
	/* a revoked one is no reason to fail, but not one to renew either */
	*out = false;
	return err->kind == ERR_USAGE;
}

static bool follow(
	struct record *intent, const char *how, const struct record *meta, struct err *err)
{
	return record_set(intent, "kind", how, err) &&
	       record_set(intent, "follows", record_get(meta, "order"), err) &&
	       record_set(intent, "follows_spki", record_get(meta, "spki"), err);
}

bool sequel_decide(struct record *intent, const struct job *job, struct err *err)
{
	bool renew;

	if (job->reissue)
		return follow(intent, REPLACE, &situation_meta(&job->sit)->r, err) &&
		       record_set(intent, "reason", job->reissue, err);
	return can_renew(&renew, job, err) &&
	       (!renew || follow(intent, RENEW, &job->sit.newest_meta.r, err));
}

struct sequel sequel_of(const struct record *intent)
{
	const char *kind = record_get(intent, "kind");
	struct sequel s = { .kind = WIRE_ENROLL,
		.order = record_get(intent, "follows"),
		.spki = record_get(intent, "follows_spki"),
		.reason = record_get(intent, "reason") };

	if (!strcmp(kind, RENEW))
		s.kind = WIRE_RENEW;
	if (!strcmp(kind, REPLACE))
		s.kind = WIRE_REPLACE;
	return s;
}
