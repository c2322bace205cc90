#include "agent/retry.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

#define FIRST_PAUSE 60
#define GROWTH 4
#define LONGEST 21600
#define LONGEST_URGENT 1800
#define RETRY_AFTER_MAX 86400
#define JITTER_PERCENT 20

int64_t retry_pause(unsigned failures, bool urgent)
{
	int64_t most = urgent ? LONGEST_URGENT : LONGEST;
	int64_t pause = FIRST_PAUSE;

	if (failures < 2)
		return 0;
	while (--failures > 1 && pause < most)
		pause *= GROWTH;
	return pause < most ? pause : most;
}

/* Up to a fifth more or less, so that a fleet that failed together does not return together. */
static int64_t jitter(int64_t pause)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return pause;
	return pause +
	       pause * ((int64_t)(random % (2 * JITTER_PERCENT + 1)) - JITTER_PERCENT) / 100;
}

static const struct evidence *evidence_of(const struct job *job)
{
	return job->state == STATE_INSTALLED ? &job->sit.deploy_retry : &job->sit.retry;
}

/* What was for a configuration that is no more says nothing about the next attempt. */
static bool counts(const struct job *job)
{
	return !strcmp(record_get(&evidence_of(job)->r, "digest"), job->cert->digest);
}

static bool open_place(int *out, const struct job *job, struct err *err)
{
	AUTO(fd) int archive = -1;

	if (job->state != STATE_INSTALLED)
		return store_open_pending(out, job->run->store, job->cert->name, false, err);
	return store_open_archive(&archive, job->run->store, job->cert->name, true, err) &&
	       fs_open_dir(out, archive, job->sit.newest, err);
}

bool retry_urgent(const struct job *job, int64_t now)
{
	const struct record *meta = &job->sit.live_meta.r;
	int64_t end = record_get_int(meta, "not_after", 0);

	return job->sit.live_meta.found &&
	       end - now < (end - record_get_int(meta, "not_before", 0)) / 10;
}

/* What time alone may mend is left alone for a while; a mistake of ours is tried by each run. */
static bool regulated(enum err_kind kind)
{
	return kind == ERR_UNAVAILABLE || kind == ERR_IO || kind == ERR_DEPLOY ||
	       kind == ERR_PROTOCOL;
}

/*
 * A revocation, and a hold, have evidence of their own; a refused credential is the account's. What
 * a current certificate lacks is seen by each look.
 */
static bool noted(const struct job *job)
{
	enum err_kind kind = job->err.kind;

	return job->state != STATE_REVOKING && job->state != STATE_HELD &&
	       job->state != STATE_CURRENT &&
	       (regulated(kind) || kind == ERR_CONFIG || kind == ERR_KEYSTORE);
}

bool retry_note(struct job *job, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;
	int64_t now = clock_now();
	int64_t before = counts(job) ? record_get_int(&evidence_of(job)->r, "failures", 0) : 0;
	int64_t failures = before + 1;
	int64_t pause = 0;

	if (!noted(job))
		return true;
	if (!open_place(&dir, job, err))
		return false;
	if (dir < 0)
		return true;
	if (regulated(job->err.kind))
		pause = jitter(retry_pause((unsigned)failures, retry_urgent(job, now)));
	if (pause < job->retry_after)
		pause = job->retry_after < RETRY_AFTER_MAX ? job->retry_after : RETRY_AFTER_MAX;
	return record_set_int(&r, "failures", failures, err) &&
	       record_set_int(&r, "time", now, err) &&
	       record_set_int(&r, "not_before", now + pause, err) &&
	       record_set(&r, "digest", job->cert->digest, err) &&
	       record_set(&r, "kind", err_name(job->err.kind), err) &&
	       record_set(&r, "message", job->err.text, err) &&
	       record_write(&r, dir, FILE_RETRY, FS_ATTR(0600), err);
}

bool retry_waits(const struct job *job, struct err *why)
{
	const struct evidence *e = evidence_of(job);
	char text[CLOCK_TEXT_MAX];
	int64_t now = clock_now();
	int64_t until = record_get_int(&e->r, "not_before", 0);

	/* a time far ahead is a clock that was wrong, not a pause of ours */
	if (!e->found || !counts(job) || now >= until || until - now > RETRY_AFTER_MAX + LONGEST)
		return false;
	err_set(why, err_kind_of(record_get(&e->r, "kind"), ERR_UNAVAILABLE), "%s",
		record_get(&e->r, "message"));
	err_wrap(why, "waits until %s after %s failures (scm-agent run %s tries at once)",
		clock_format(text, until), record_get(&e->r, "failures"), job->cert->name);
	return true;
}

int64_t retry_look_pause(const struct conf_account *a, unsigned look)
{
	uint64_t seconds = 1;

	while (look-- && seconds < a->max_back_off_timer)
		seconds *= a->back_off_timer;
	return (int64_t)(seconds < a->max_back_off_timer ? seconds : a->max_back_off_timer);
}
