#include "agent/key_take.h"

#include "agent/intent.h"
#include "agent/key_file.h"
#include "agent/key_make.h"
#include "agent/key_plan.h"
#include "agent/next_key.h"

#define KEY_PEM_MAX 65536

/* In a token there is nothing to copy: the intent names the key. */
static bool in_token(const struct record *intent)
{
	return *record_get(intent, "key_store");
}

static bool take_again(struct job *job, const struct record *intent, int dir, struct err *err)
{
	AUTO(buf_secret) struct buf pem = BUF(KEY_PEM_MAX);
	AUTO(fd) int archive = -1;
	AUTO(fd) int from = -1;

	if (in_token(intent))
		return intent_write_key_uri(job->run, intent, dir, err);
	return store_open_archive(&archive, job->run->store, job->cert->name, false, err) &&
	       fs_open_dir(&from, archive, record_get(intent, "key_generation"), err) &&
	       fs_read(&pem, from, FILE_KEY, err) &&
	       fs_write(dir, FILE_KEY, pem.data, pem.len, FS_ATTR(0600), err);
}

static bool take_file(struct job *job, int dir, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	return key_plan_import(&key, job, err) && key_file_write(key, dir, FILE_KEY, err);
}

static bool take(struct job *job, const struct record *intent, int dir, struct err *err)
{
	switch (key_plan_origin(intent)) {
	case KEY_REUSED:
		return take_again(job, intent, dir, err);
	case KEY_STAGED:
		return next_key_take(job, intent, dir, err);
	case KEY_IMPORTED:
		return take_file(job, dir, err);
	case KEY_GIVEN:
		return intent_write_key_uri(job->run, intent, dir, err);
	default:
		return key_make(job->run, job->cert->name, intent, dir, err);
	}
}

bool key_take(struct job *job, const struct record *intent, int dir, struct err *err)
{
	enum key_origin origin = key_plan_origin(intent);

	if (origin != KEY_NEW &&
		!store_history(job->run->store, err, job->cert->name, "key-taken", "id=%s from=%s",
			record_get(intent, "key_id"), record_get(intent, "key_from")))
		return false;
	return take(job, intent, dir, err);
}
