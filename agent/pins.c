#include "agent/pins.h"

#include <stdio.h>
#include <string.h>

#include "agent/next_key.h"
#include "agent/revocation.h"

static bool is_pinned(
	bool *out, struct store *store, const char *name, const char *generation, struct err *err)
{
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;

	if (!store_open_archive(&archive, store, name, false, err) ||
		!fs_open_dir(&dir, archive, generation, err))
		return false;
	*out = fs_exists(dir, FILE_PINNED);
	return true;
}

/* Rolled back to, but not by hand: the newest one will be tried again. */
static bool is_stopgap(bool *out, struct store *store, const char *name, const char *generation,
	const struct situation *s, struct err *err)
{
	struct err revoked = { 0 };
	bool pinned;

	*out = false;
	if (!s->newest || !strcmp(s->newest, generation))
		return true;
	if (!is_pinned(&pinned, store, name, generation, err))
		return false;
	*out = !pinned && revocation_check(store, name, s->newest, &revoked);
	return true;
}

static void put(char out[static CSR_SHA256_HEX], const char *spki)
{
	snprintf(out, CSR_SHA256_HEX, "%s", spki);
}

bool pins_next(char out[static CSR_SHA256_HEX], struct store *store, const struct conf_cert *cert,
	const char *generation, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO(record) struct record next = { 0 };
	bool stopgap;
	bool found;

	out[0] = '\0';
	if (!cert->next_key)
		return true;
	if (!situation_read(&s, store, cert->name, err) ||
		!is_stopgap(&stopgap, store, cert->name, generation, &s, err) ||
		!next_key_read(&found, &next, store, cert, &s, err))
		return false;
	if (s.intent.found)
		put(out, s.spki);
	else if (stopgap)
		put(out, record_get(&s.newest_meta.r, "spki"));
	else if (found)
		put(out, record_get(&next, "spki"));
	return true;
}
