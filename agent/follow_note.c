#include "agent/follow_note.h"

#include <stdio.h>
#include <string.h>

#include "agent/record.h"

#define FILE_NAME_MAX 96

static void file_of(char out[static FILE_NAME_MAX], const char *name)
{
	snprintf(out, FILE_NAME_MAX, "follow-%.64s", name);
}

static void copy(char *to, size_t size, const struct record *r, const char *key)
{
	snprintf(to, size, "%s", record_get(r, key));
}

void follow_note_read(struct follow_note *out, struct store *store, const char *name)
{
	AUTO(record) struct record r = { 0 };
	struct err ignored = { 0 };
	char file[FILE_NAME_MAX];
	bool found;

	file_of(file, name);
	*out = (struct follow_note) { 0 };
	if (!record_read(&r, &found, store->cache, file, &ignored) || !found)
		return;
	copy(out->file, sizeof(out->file), &r, "file");
	copy(out->config, sizeof(out->config), &r, "config");
	copy(out->newest, sizeof(out->newest), &r, "newest");
	copy(out->trouble, sizeof(out->trouble), &r, "trouble");
	out->settled = record_get_int(&r, "settled", 0);
	out->asked = record_get_int(&r, "asked", 0);
}

bool follow_note_same(const struct follow_note *a, const struct follow_note *b)
{
	return !strcmp(a->file, b->file) && !strcmp(a->config, b->config) &&
	       !strcmp(a->newest, b->newest) && !strcmp(a->trouble, b->trouble) &&
	       a->settled == b->settled && a->asked == b->asked;
}

bool follow_note_write(
	const struct follow_note *n, struct store *store, const char *name, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	char file[FILE_NAME_MAX];

	file_of(file, name);
	return record_set(&r, "file", n->file, err) && record_set(&r, "config", n->config, err) &&
	       record_set(&r, "newest", n->newest, err) &&
	       record_set_int(&r, "settled", n->settled, err) &&
	       record_set_int(&r, "asked", n->asked, err) &&
	       record_set(&r, "trouble", n->trouble, err) &&
	       record_write(&r, store->cache, file, FS_ATTR(0600), err);
}
