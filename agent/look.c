#include "agent/look.h"

#include "agent/deploy.h"
#include "agent/follow.h"
#include "agent/give_up.h"
#include "agent/hold.h"
#include "agent/key_plan.h"
#include "agent/leftovers.h"
#include "agent/replacement.h"
#include "agent/revoke.h"
#include "agent/sequel.h"
#include "base/clock.h"
#include "base/log.h"

/* A pinned generation may differ from the configuration; what was ordered last may not. */
static void decide(struct job *job, int64_t seen)
{
	const struct situation *s = &job->sit;
	const struct record *newest = s->newest_meta.found ? &s->newest_meta.r : NULL;
	int64_t now = clock_now();
	int64_t since = seen && seen < now ? seen : now;

	renew_decide(&job->verdict, job->cert, newest, now, job->run->host);
	if (s->pinned && !renew_changed(job->cert, newest))
		renew_by_age(&job->verdict, job->cert, &s->live_meta.r, now, job->run->host);
	if (newest)
		renew_by_issue(&job->verdict, job->cert, &situation_meta(s)->r,
			job->run->named ? 0 : since, now, job->run->host);
	if (s->lost)
		renew_at_once(&job->verdict, s->lost);
	if (job->renewed && newest)
		job->verdict.due = false;
}

/* `*seen`: when renew_if_issued_before was first seen by a run, 0 when it never was. */
static bool read_state(struct job *job, int64_t *seen, struct err *err)
{
	*seen = 0;
	situation_dispose(&job->sit);
	if (!situation_read(&job->sit, job->run->store, job->cert->name, err) ||
		!deploy_digest(job->digest, job->cert, err))
		return false;
	/* what was begun before it followed is its leader's now */
	if (job->cert->follow.path)
		situation_forget_revoking(&job->sit);
	if (job->cert->renew_if_issued_before &&
		!replacement_seen(seen, job->run->store, job->cert, err))
		return false;
	/* once a run */
	if (job->postponed.kind != ERR_NONE)
		job->sit.revoking.found = false;
	if (job->cert->follow.path)
		follow_decide(job);
	else
		decide(job, *seen);
	job->state = situation_state(&job->sit, job->verdict.due || job->force, job->digest);
	/* nothing is in work: what failed has been mended, or is not wanted any more */
	if (job->state == STATE_CURRENT)
		job->sit.retry.found = false;
	return true;
}

/* Work that never left this host, for a configuration that is no more. */
static bool outdated(const struct job *job)
{
	const struct situation *s = &job->sit;

	if (s->held.found || s->submitting.found || s->order.found || !s->intent.found)
		return false;
	if (s->burnt || (job->cert->follow.path && !s->chain))
		return true;
	if (!s->key && !job->cert->import_key && key_plan_origin(&s->intent.r) == KEY_IMPORTED)
		return true;
	return renew_changed(job->cert, &s->intent.r) != NULL ||
	       (s->lost && sequel_of(&s->intent.r).kind != WIRE_ENROLL);
}

bool look_read(struct job *job, struct err *err)
{
	int64_t ignored;

	return read_state(job, &ignored, err);
}

/* What counts from a first time on is remembered; what was refused is worth another try. */
static bool keep_up(struct job *job, int64_t seen, struct err *err)
{
	if (job->verdict.replacement && !seen &&
		!replacement_note(job->run->store, job->cert, clock_now(), err))
		return false;
	return !revoke_outlived(job) ||
	       (revoke_again(job->run->store, job->cert->name, &job->sit, err) &&
		       look_read(job, err));
}

/* An order for a key that has been compromised since: what comes of it can't be installed. */
static bool is_in_vain(const struct job *job)
{
	const struct situation *s = &job->sit;

	return s->burnt && !s->held.found && (s->submitting.found || s->order.found) &&
	       !job->cert->follow.path;
}

static bool give_up_in_vain(struct job *job, struct err *err)
{
	struct store *store = job->run->store;
	const char *name = job->cert->name;

	log_warning("the key of the order in work is compromised; the order is given up");
	return leftovers_warn_of_order(store, name, err) &&
	       store_history(store, err, name, "given-up", "the key is compromised") &&
	       give_up_order(store, name, &job->sit, err);
}

/*
 * An order that SCM may know is finished first, whatever it was for, unless its key is compromised;
 * what never left this host is begun anew when it is not wanted like that any more.
 */
bool look_tidy(struct job *job, struct err *err)
{
	struct store *store = job->run->store;
	const char *name = job->cert->name;
	int64_t seen;
	bool release;
	bool ok;

	if (!read_state(job, &seen, err) || !keep_up(job, seen, err) ||
		!hold_outlived(&release, job, err))
		return false;
	if (release)
		ok = hold_release(store, &job->sit, name, err);
	else if (outdated(job))
		ok = give_up_work(store, name, &job->sit, err);
	else if (is_in_vain(job))
		ok = give_up_in_vain(job, err);
	else
		return true;
	return ok && look_read(job, err);
}
