#include "agent/revoke.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "agent/order.h"
#include "agent/revocation.h"
#include "agent/sequel.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"

/* RFC 5280, 5.3.1; scm-api.md 3.5 has those that SCM takes. */
static const struct {
	const char *name;
	uint32_t code;
} reasons[] = {
	{ "unspecified", 0 },
	{ "keyCompromise", REVOCATION_COMPROMISED },
	{ "affiliationChanged", 3 },
	{ "superseded", 4 },
	{ "cessationOfOperation", 5 },
};

bool revoke_parse_reason(uint32_t *code, const char **name, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		uint64_t number;

		if (strcasecmp(text, reasons[i].name) &&
			!parse_uint(&number, text, reasons[i].code, reasons[i].code))
			continue;
		*code = reasons[i].code;
		*name = reasons[i].name;
		return true;
	}
	return false;
}

static bool read_meta(
	struct record *out, struct job *job, int archive, const char *generation, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(fd) int dir = -1;
	bool found;

	if (!store_generations(&all, job->run->store, job->cert->name, err))
		return false;
	if (!strlist_has(&all, generation))
		return err_set(err, ERR_USAGE, "there is no generation '%s'; see scm-agent show %s",
			generation, job->cert->name);
	if (!fs_open_dir(&dir, archive, generation, err) ||
		!record_read(out, &found, dir, FILE_META, err))
		return false;
	return (found && *record_get(out, "order")) ||
	       err_set(err, ERR_IO, "generation %s does not say what its order was", generation);
}

static bool write_revoking(const struct record *r, int archive, struct err *err)
{
	return record_write(r, archive, FILE_REVOKING, FS_ATTR(0600), err);
}

/* A replacement has the id of the order that it replaces, and SCM revokes what has it now. */
static bool is_replaced(bool *out, struct job *job, int archive, const char *generation,
	const struct record *meta, struct err *err)
{
	const struct situation *s = &job->sit;
	struct sequel next = sequel_of(&s->intent.r);
	const char *order = record_get(meta, "order");
	AUTO(strlist) struct strlist all = { 0 };

	*out = (s->submitting.found || s->order.found) && next.kind == WIRE_REPLACE &&
	       !strcmp(next.order, order);
	if (!store_generations(&all, job->run->store, job->cert->name, err))
		return false;
	for (size_t i = all.n; i-- > 0 && !*out && strcmp(all.item[i], generation) > 0;) {
		AUTO(record) struct record later = { 0 };
		AUTO(fd) int dir = -1;
		bool found;

		if (!fs_open_dir(&dir, archive, all.item[i], err) ||
			!record_read(&later, &found, dir, FILE_META, err))
			return false;
		*out = !strcmp(record_get(&later, "order"), order);
	}
	return true;
}

static bool check_replaced(struct job *job, int archive, const char *generation, uint32_t code,
	const struct record *meta, struct err *err)
{
	bool compromised = code == REVOCATION_COMPROMISED;
	bool replaced;

	if (!is_replaced(&replaced, job, archive, generation, meta, err))
		return false;
	if (!replaced)
		return true;
	if (compromised &&
		!revocation_burn(job->run->store, job->cert->name, record_get(meta, "spki"), err))
		return false;
	return err_set(err, ERR_USAGE,
		"generation %s was replaced by another certificate of order %s, which would be "
		"revoked instead; revoke serial number %s in SCM itself%s",
		generation, record_get(meta, "order"), record_get(meta, "serial"),
		compromised ? "; here its key is never deployed again" : "");
}

bool revoke_begin(
	struct job *job, const char *generation, uint32_t code, const char *reason, struct err *err)
{
	const struct record *old = &job->sit.revoking.r;
	const char *other = record_get(old, "generation");
	AUTO(record) struct record meta = { 0 };
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;

	if (*other && !*record_get(old, "refused") && strcmp(other, generation) != 0)
		return err_set(err, ERR_USAGE,
			"generation %s is being revoked; scm-agent run %s goes on with that first",
			other, job->cert->name);
	return store_open_archive(&archive, job->run->store, job->cert->name, true, err) &&
	       read_meta(&meta, job, archive, generation, err) &&
	       check_replaced(job, archive, generation, code, &meta, err) &&
	       record_set(&r, "generation", generation, err) &&
	       record_set(&r, "order", record_get(&meta, "order"), err) &&
	       record_set(&r, "account", record_get(&meta, "account"), err) &&
	       record_set(&r, "spki", record_get(&meta, "spki"), err) &&
	       record_set_int(&r, "code", code, err) && record_set(&r, "reason", reason, err) &&
	       record_set_int(&r, "time", clock_now(), err) && write_revoking(&r, archive, err) &&
	       store_history(job->run->store, err, job->cert->name, "revoking",
		       "generation=%s order=%s reason=%s", generation, record_get(&meta, "order"),
		       reason);
}

/* It fails the run in the end, but must not keep a certificate from being renewed. */
static enum progress postpone(struct job *job, struct err *err)
{
	err_wrap(err, "generation %s is not revoked yet",
		record_get(&job->sit.revoking.r, "generation"));
	job->postponed = *err;
	*err = (struct err) { 0 };
	return JOB_NEXT;
}

enum progress revoke_step(struct job *job, struct err *err)
{
	const struct record *what = &job->sit.revoking.r;
	struct wire_request r = { .op = WIRE_REVOKE };

	r.revoke = (struct wire_revoke) { .id = record_get(what, "order"),
		.code = (uint32_t)record_get_int(what, "code", 0),
		.reason = record_get(what, "reason") };
	/* whatever SCM says, this key is not deployed again */
	if (r.revoke.code == REVOCATION_COMPROMISED &&
		!revocation_burn(job->run->store, job->cert->name, record_get(what, "spki"), err))
		return JOB_FAILED;
	log_progress("%s: revoking", job->cert->name);
	return job_ask(job, &r, err) == JOB_ASKING ? JOB_ASKING : postpone(job, err);
}

static bool keep_refusal(struct job *job, int archive, const char *why, struct err *err)
{
	struct record *r = &job->sit.revoking.r;

	return record_set(r, "digest", job->cert->digest, err) &&
	       record_set(r, "refused", why, err) && write_revoking(r, archive, err) &&
	       store_history(job->run->store, err, job->cert->name, "revoke-refused", "%s", why);
}

enum progress revoke_on_answer(struct job *job, const struct wire_reply *r, struct err *err)
{
	const char *generation = record_get(&job->sit.revoking.r, "generation");
	AUTO(fd) int archive = -1;

	if (r->err.kind != ERR_NONE && r->err.kind != ERR_REJECTED) {
		order_failed(job, r, ORDER_OPEN, err);
		return postpone(job, err);
	}
	if (!store_open_archive(&archive, job->run->store, job->cert->name, true, err))
		return JOB_FAILED;
	if (r->err.kind == ERR_REJECTED) {
		log_error("generation %s is not revoked: %s", generation, r->err.text);
		return keep_refusal(job, archive, r->err.text, err) ? JOB_NEXT : JOB_FAILED;
	}
	if (!revocation_note(job->run->store, job->cert->name, generation, "us", err) ||
		!fs_remove(archive, FILE_REVOKING, err))
		return JOB_FAILED;
	log_info("generation %s, order %s, is revoked", generation,
		record_get(&job->sit.revoking.r, "order"));
	job->run->changed = true;
	return JOB_NEXT;
}

bool revoke_again(struct store *store, const char *name, const struct situation *s, struct err *err)
{
	static const char *const kept[] = { "generation", "order", "account", "spki", "code",
		"reason", "time" };
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int archive = -1;

	if (!*record_get(&s->revoking.r, "refused"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!record_set(&r, kept[i], record_get(&s->revoking.r, kept[i]), err))
			return false;
	return store_open_archive(&archive, store, name, true, err) &&
	       write_revoking(&r, archive, err);
}

bool revoke_outlived(const struct job *job)
{
	const struct record *r = &job->sit.revoking.r;

	return *record_get(r, "refused") && strcmp(record_get(r, "digest"), job->cert->digest) != 0;
}
