#include "agent/validation.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define FOLDER "dcv"
#define DAY 86400
#define WEEK (7 * DAY)

static const char *const work_keys[] = { VALIDATION_METHOD, VALIDATION_WAY, VALIDATION_ACCOUNT,
	VALIDATION_WEBROOT, VALIDATION_HOOK, VALIDATION_HOST, VALIDATION_POINT, VALIDATION_URL,
	VALIDATION_FIRST, VALIDATION_SECOND, VALIDATION_STARTED_AT, VALIDATION_PUBLISHED_AT,
	VALIDATION_SEEN_AT, VALIDATION_SUBMITTED_AT, VALIDATION_WAS, VALIDATION_OVER_WHY,
	VALIDATION_WAITS };
static const char *const failure_keys[] = { VALIDATION_FAILURES, VALIDATION_NEXT, VALIDATION_KIND,
	VALIDATION_WHY, VALIDATION_TRIED };

const char *validation_word(enum validation_state s)
{
	static const char *const words[] = {
#define VALIDATION_WORD(state, word) [VALIDATION_##state] = (word),
		VALIDATIONS(VALIDATION_WORD)
#undef VALIDATION_WORD
	};

	return words[s];
}

/* ---- the file -------------------------------------------------------------------------------- */

static void drop(struct record *r, const char *key)
{
	long i = strlist_find(&r->keys, key);
	size_t after;

	if (i < 0)
		return;
	assert(r->values.item && r->values.n == r->keys.n);
	free(r->keys.item[i]);
	free(r->values.item[i]);
	after = --r->keys.n - (size_t)i;
	r->values.n--;
	memmove(&r->keys.item[i], &r->keys.item[i + 1], after * sizeof(char *));
	memmove(&r->values.item[i], &r->values.item[i + 1], after * sizeof(char *));
}

static bool open_folder(int *out, struct store *store, bool make, struct err *err)
{
	if (make)
		return store_make(store, err) &&
		       fs_make_dir(out, store->root, FOLDER, FS_ATTR(0700), err);
	return store->root < 0 || fs_open_dir_optional(out, store->root, FOLDER, err);
}

bool validation_read(
	struct validation *out, struct store *store, const char *domain, struct err *err)
{
	struct validation v = { .domain = domain };
	AUTO(fd) int dir = -1;
	bool found;

	if (!open_folder(&dir, store, false, err) ||
		(dir >= 0 && !record_read(&v.r, &found, dir, domain, err)))
		return err_wrap(err, FOLDER "/%s", domain);
	drop(&v.r, RECORD_VERSION_KEY);
	*out = v;
	return true;
}

bool validation_write(const struct validation *v, struct store *store, struct err *err)
{
	AUTO(fd) int dir = -1;

	return (open_folder(&dir, store, true, err) &&
		       record_write(&v->r, dir, v->domain, FS_ATTR(0600), err)) ||
	       err_wrap(err, FOLDER "/%s", v->domain);
}

bool validation_remove(struct store *store, const char *domain, struct err *err)
{
	AUTO(fd) int dir = -1;

	return open_folder(&dir, store, false, err) && (dir < 0 || fs_remove(dir, domain, err));
}

bool validation_list(struct strlist *out, struct store *store, struct err *err)
{
	AUTO(fd) int dir = -1;

	if (!open_folder(&dir, store, false, err))
		return false;
	return dir < 0 || fs_list(out, dir, err);
}

bool validation_clean(struct store *store, struct err *err)
{
	AUTO(fd) int dir = -1;

	return open_folder(&dir, store, false, err) && (dir < 0 || fs_clean_temp(dir, err));
}

void validation_dispose(struct validation *v)
{
	record_dispose(&v->r);
}

/* ---- what is in it --------------------------------------------------------------------------- */

bool validation_set(struct validation *v, const char *key, const char *value, struct err *err)
{
	drop(&v->r, key);
	return record_set(&v->r, key, value, err);
}

bool validation_set_int(struct validation *v, const char *key, int64_t value, struct err *err)
{
	drop(&v->r, key);
	return record_set_int(&v->r, key, value, err);
}

const char *validation_get(const struct validation *v, const char *key)
{
	return record_get(&v->r, key);
}

int64_t validation_int(const struct validation *v, const char *key)
{
	return record_get_int(&v->r, key, 0);
}

void validation_end_work(struct validation *v)
{
	for (size_t i = 0; i < ARRAY_LEN(work_keys); i++)
		drop(&v->r, work_keys[i]);
}

void validation_end_failures(struct validation *v)
{
	for (size_t i = 0; i < ARRAY_LEN(failure_keys); i++)
		drop(&v->r, failure_keys[i]);
}

static bool has(const struct validation *v, const char *key)
{
	return strlist_has(&v->r.keys, key);
}

/* The text of a TXT record is known only after its submission; mail is published by nobody. */
enum validation_state validation_state(const struct validation *v)
{
	bool mail = !strcmp(validation_get(v, VALIDATION_METHOD), dcv_type_name(DCV_EMAIL));

	if (has(v, VALIDATION_OVER_WHY))
		return VALIDATION_OVER;
	if (!has(v, VALIDATION_STARTED_AT))
		return VALIDATION_IDLE;
	if (!mail && !has(v, VALIDATION_PUBLISHED_AT))
		return VALIDATION_STARTED;
	if (!mail && !has(v, VALIDATION_SEEN_AT))
		return VALIDATION_PUBLISHED;
	return has(v, VALIDATION_SUBMITTED_AT) ? VALIDATION_SUBMITTED : VALIDATION_SEEN;
}

struct dcv_challenge validation_challenge(const struct validation *v)
{
	struct dcv_challenge c = { .type = DCV_EMAIL,
		.domain = v->domain,
		.host = validation_get(v, VALIDATION_HOST),
		.point = validation_get(v, VALIDATION_POINT),
		.url = validation_get(v, VALIDATION_URL),
		.first = validation_get(v, VALIDATION_FIRST),
		.second = validation_get(v, VALIDATION_SECOND) };

	if (!dcv_type_parse(&c.type, validation_get(v, VALIDATION_METHOD)))
		c.type = DCV_EMAIL;
	return c;
}

const char *validation_note(const struct validation *v)
{
	const char *why = validation_get(v, VALIDATION_WHY);

	return *why ? why : validation_get(v, VALIDATION_WAITS);
}

/* ---- when ------------------------------------------------------------------------------------ */

/* It ends some time on its last day. */
bool validation_current(const struct validation *v, int64_t now)
{
	int64_t expires = validation_int(v, VALIDATION_EXPIRES);

	return validation_int(v, VALIDATION_VALID) && (!expires || now < expires + DAY);
}

bool validation_due(const struct validation *v, int64_t renew_before, int64_t now)
{
	int64_t expires = validation_int(v, VALIDATION_EXPIRES);
	int64_t since = validation_int(v, VALIDATION_SINCE);

	if (!validation_current(v, now))
		return true;
	if (since && renew_before >= expires - since)
		renew_before = (expires - since) / 3;
	return expires && now >= expires - renew_before;
}

bool validation_doubtful(const struct validation *v, int64_t renew_before, int64_t now)
{
	int64_t asked = validation_int(v, VALIDATION_ASKED);

	return validation_state(v) != VALIDATION_IDLE || validation_due(v, renew_before, now) ||
	       now - asked >= WEEK || asked > now;
}
