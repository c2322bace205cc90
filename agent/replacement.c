#include "agent/replacement.h"

#include <stdio.h>

#include "agent/record.h"

#define FILE_NAME_MAX 96

static void file_of(char out[static FILE_NAME_MAX], const struct conf_cert *cert)
{
	snprintf(out, FILE_NAME_MAX, "replacement-%.64s", cert->name);
}

bool replacement_seen(
	int64_t *seen, struct store *store, const struct conf_cert *cert, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	char file[FILE_NAME_MAX];
	bool found;

	file_of(file, cert);
	if (!record_read(&r, &found, store->cache, file, err))
		return false;
	/* another time is another replacement */
	*seen = record_get_int(&r, "before", 0) == cert->renew_if_issued_before
			? record_get_int(&r, "seen", 0)
			: 0;
	return true;
}

bool replacement_note(
	struct store *store, const struct conf_cert *cert, int64_t now, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	char file[FILE_NAME_MAX];

	file_of(file, cert);
	return record_set_int(&r, "before", cert->renew_if_issued_before, err) &&
	       record_set_int(&r, "seen", now, err) &&
	       record_write(&r, store->cache, file, FS_ATTR(0600), err);
}
