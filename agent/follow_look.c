#include "agent/follow_look.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

void follow_look_dispose(struct follow_look *l)
{
	follow_file_dispose(&l->file);
	ks_credential_dispose(&l->offered);
}

static const char *newest(const struct job *job)
{
	return job->sit.newest ? job->sit.newest : "";
}

bool follow_is_news(const struct job *job, const struct follow_note *n, const char *digest)
{
	return !n->settled || strcmp(n->file, digest) != 0 ||
	       strcmp(n->config, job->cert->digest) != 0 || strcmp(n->newest, newest(job)) != 0;
}

bool follow_is_old(struct renew_verdict *v, const struct job *job)
{
	*v = (struct renew_verdict) { 0 };
	if (!job->sit.newest)
		return false;
	renew_by_age(v, job->cert, &situation_meta(&job->sit)->r, clock_now(), job->run->host);
	if (job->sit.lost)
		renew_at_once(v, job->sit.lost);
	return v->due;
}

bool follow_wants_another(const struct job *job)
{
	struct renew_verdict ignored;

	return job->force || follow_is_old(&ignored, job);
}

bool follow_remember(struct follow_look *l, bool settled, const char *trouble, struct err *err)
{
	struct follow_note *n = &l->note;

	snprintf(n->file, sizeof(n->file), "%s", l->file.digest);
	snprintf(n->config, sizeof(n->config), "%s", l->job->cert->digest);
	snprintf(n->newest, sizeof(n->newest), "%s", newest(l->job));
	memmove(n->trouble, trouble, strlen(trouble) + 1);
	n->settled = settled;
	if (follow_note_same(n, &l->kept))
		return true;
	l->kept = *n;
	return follow_note_write(n, l->job->run->store, l->job->cert->name, err);
}

bool follow_has_newest_key(const struct follow_look *l)
{
	char digest[CSR_SHA256_HEX];
	struct err ignored = { 0 };

	return l->job->sit.newest && csr_key_fingerprint(digest, l->offered.key, &ignored) &&
	       !strcmp(digest, record_get(&l->job->sit.newest_meta.r, "spki"));
}
