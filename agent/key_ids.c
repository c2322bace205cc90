#include "agent/key_ids.h"

#include <string.h>

#include "agent/forgotten.h"
#include "agent/record.h"
#include "agent/revocation.h"
#include "keystore/id.h"

/* In the one form that ids are compared in; `adopt` once kept them as they were typed. */
static bool add_text(struct strlist *out, const char *text, struct err *err)
{
	char hex[KS_ID_HEX];
	struct ks_id id;

	return strlist_add(out, ks_id_parse(&id, text) ? ks_id_format(hex, &id) : text) ||
	       err_memory(err);
}

/* A generation has a meta file, what was given up or is in work an intent. */
static bool add_id(struct strlist *out, int parent, const char *name, struct err *err)
{
	AUTO(record) struct record r = { 0 };
	AUTO(fd) int dir = -1;
	bool found;

	if (!fs_open_dir_optional(&dir, parent, name, err))
		return false;
	if (dir < 0)
		return true;
	if (!record_read(&r, &found, dir, fs_exists(dir, FILE_META) ? FILE_META : FILE_INTENT, err))
		return err_wrap(err, "%s", name);
	return !found || add_text(out, record_get(&r, "key_id"), err);
}

typedef bool add_fn(struct strlist *out, int parent, const char *name, struct err *err);

static bool for_each(struct strlist *out, int dir, add_fn *add, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };

	if (!fs_list(&all, dir, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (strcmp(all.item[i], FILE_REVOKING) != 0 && !add(out, dir, all.item[i], err))
			return false;
	return true;
}

static bool add_archive(struct strlist *out, int parent, const char *name, struct err *err)
{
	AUTO(fd) int dir = -1;

	return fs_open_dir_optional(&dir, parent, name, err) &&
	       (dir < 0 || for_each(out, dir, add_id, err) || err_wrap(err, "archive of %s", name));
}

static bool add_forgotten(struct strlist *out, int parent, const char *name, struct err *err)
{
	AUTO(fd) int dir = -1;

	return fs_open_dir(&dir, parent, name, err) &&
	       ((add_archive(out, dir, "archive", err) && add_id(out, dir, "pending", err) &&
			add_id(out, dir, "next", err)) ||
		       err_wrap(err, FORGOTTEN "/%s", name));
}

bool key_ids(struct strlist *out, struct store *s, struct err *err)
{
	AUTO(fd) int forgotten = -1;

	return for_each(out, s->pending, add_id, err) && for_each(out, s->next, add_id, err) &&
	       for_each(out, s->archive, add_archive, err) &&
	       fs_open_dir_optional(&forgotten, s->root, FORGOTTEN, err) &&
	       (forgotten < 0 || for_each(out, forgotten, add_forgotten, err));
}

bool key_ids_last(bool *out, struct store *s, const char *id, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	AUTO(strlist) struct strlist wanted = { 0 };
	size_t n = 0;

	if (!add_text(&wanted, id, err) || !key_ids(&all, s, err))
		return false;
	for (size_t i = 0; i < all.n; i++)
		n += !strcmp(all.item[i], wanted.item[0]);
	*out = n < 2;
	return true;
}

/* `adopted`: as it was written before there was a word for it. */
bool key_ids_foreign(bool *out, int dir, struct err *err)
{
	AUTO(record) struct record intent = { 0 };
	bool found;

	if (!record_read(&intent, &found, dir, FILE_INTENT, err))
		return false;
	*out = record_get_int(&intent, "adopted", 0) || record_get_int(&intent, "key_foreign", 0);
	return true;
}
