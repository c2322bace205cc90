#include "agent/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/profile.h"
#include "agent/standing.h"
#include "base/clock.h"
#include "base/log.h"

#define PAGES_MAX 1000
#define FILE_NAME_MAX 96

/* What is kept, and how many columns each list has (scm/wire.h). */
static const struct kept {
	enum wire_list_kind kind;
	const char *word;
	uint32_t columns;
	bool of_organization; /* asked for the account's organization alone */
} kept[] = {
	{ WIRE_LIST_ORGANIZATIONS, "organizations", 3, false },
	{ WIRE_LIST_FIELDS, "fields", 3, false },
	{ WIRE_LIST_VALIDATIONS, "validations", 5, false },
	/* last: its time tells when everything was refreshed */
	{ WIRE_LIST_PROFILES, "profiles", 4, true },
};

static const struct kept *kept_of(enum wire_list_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (kept[i].kind == kind)
			return &kept[i];
	return NULL;
}

static void file_of(
	char out[static FILE_NAME_MAX], const struct kept *k, const struct conf_account *a)
{
	snprintf(out, FILE_NAME_MAX, "%s-%.64s", k->word, a->name);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static bool take_rows(struct table *t, const struct wire_reply *r, struct err *err)
{
	if (t->columns && r->rows && r->columns != t->columns)
		return err_set(err, ERR_PROTOCOL, "the pages of a list differ");
	if (r->rows)
		t->columns = r->columns;
	for (size_t i = 0; i < (size_t)r->rows * r->columns; i++)
		if (!table_add(t, r->cell[i], err))
			return false;
	return true;
}

bool inventory_list(struct table *out, struct net *net, const struct conf_account *a,
	const struct wire_list *what, struct err *err)
{
	AUTO(table) struct table t = { .time = clock_now() };
	uint32_t position = 0;

	for (unsigned page = 0; page < PAGES_MAX; page++) {
		AUTO(answer) struct answer answer = { 0 };
		struct wire_request r = { .op = WIRE_LIST, .list = *what };

		r.list.position = position;
		if (!net_call(&answer, net, a, &r, err) || !take_rows(&t, &answer.reply, err))
			return false;
		if (!answer.reply.next) {
			*out = t;
			t = (struct table) { 0 };
			return true;
		}
		if (answer.reply.next <= position)
			break;
		position = answer.reply.next;
	}
	return err_set(err, ERR_PROTOCOL, "a list of SCM's does not end");
}

/* A list that this administrator may not see is no list; it must not stand in the way. */
static bool refresh_one(
	struct run *run, const struct conf_account *a, const struct kept *k, struct err *err)
{
	AUTO(table) struct table t = { 0 };
	char name[FILE_NAME_MAX];
	struct wire_list what = { .kind = k->kind };

	if (k->of_organization)
		what.org_id = a->organization_id;
	file_of(name, k, a);
	if (inventory_list(&t, run->net, a, &what, err)) {
		t.columns = k->columns;
		return table_write(&t, run->store->cache, name, err);
	}
	if (err->kind != ERR_REJECTED)
		return false;
	log_debug("account %s: %s are not to be seen: %s", a->name, k->word, err->text);
	return fs_remove(run->store->cache, name, err);
}

bool inventory_refresh(struct run *run, const struct conf_account *a, struct err *err)
{
	if (a->api == CONF_ENROLLMENT)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!refresh_one(run, a, &kept[i], err))
			return err_wrap(err, "account %s: %s", a->name, kept[i].word);
	return true;
}

/* ---- the cache ------------------------------------------------------------------------------- */

bool inventory_load(struct table *out, bool *found, struct store *store,
	const struct conf_account *a, enum wire_list_kind kind, struct err *err)
{
	const struct kept *k = kept_of(kind);
	char name[FILE_NAME_MAX];

	*found = false;
	if (!k)
		return true;
	file_of(name, k, a);
	return table_read(out, found, store->cache, name, k->columns, err);
}

/* An account whose administrator sees no profiles is asked again each week all the same. */
bool inventory_due(struct store *store, const struct conf_account *a, uint64_t host, int64_t now)
{
	int64_t spread = (int64_t)(host % 86400);
	int64_t newest = standing_time(store, a);

	for (size_t i = 0; a->api == CONF_ADMIN && i < ARRAY_LEN(kept); i++) {
		AUTO(table) struct table t = { 0 };
		struct err ignored = { 0 };
		bool found;

		if (inventory_load(&t, &found, store, a, kept[i].kind, &ignored) && found &&
			t.time > newest)
			newest = t.time;
	}
	return now - newest >= INVENTORY_PERIOD - spread || newest > now;
}

bool inventory_keep(struct run *run, const struct conf_account *a, struct err *err)
{
	return inventory_refresh(run, a, err) && standing_refresh(run, a, err);
}

/* ---- before an order ------------------------------------------------------------------------- */

struct lists {
	struct table profiles;
	struct table fields;
	bool has_profiles;
	bool has_fields;
};

static void lists_dispose(struct lists *l)
{
	table_dispose(&l->profiles);
	table_dispose(&l->fields);
	*l = (struct lists) { 0 };
}
AUTO_DEFINE_REF(lists, struct lists, lists_dispose);

static bool load(
	struct lists *l, struct store *store, const struct conf_account *a, struct err *err)
{
	lists_dispose(l);
	return inventory_load(&l->profiles, &l->has_profiles, store, a, WIRE_LIST_PROFILES, err) &&
	       inventory_load(&l->fields, &l->has_fields, store, a, WIRE_LIST_FIELDS, err);
}

static bool judge(
	uint64_t *id, const struct conf_cert *cert, const struct lists *l, struct err *err)
{
	return profile_judge(id, cert, l->has_profiles ? &l->profiles : NULL,
		l->has_fields ? &l->fields : NULL, err);
}

bool inventory_profile(uint64_t *id, struct run *run, const struct conf_cert *cert, struct err *err)
{
	const struct conf_account *a = cert->account;
	AUTO(lists) struct lists l = { 0 };

	*id = cert->profile_id;
	if (a->api == CONF_ENROLLMENT)
		return true;
	if (!load(&l, run->store, a, err))
		return false;
	if (l.has_profiles && !inventory_due(run->store, a, run->host, clock_now()) &&
		judge(id, cert, &l, err))
		return true;
	/* what SCM said last may be out of date */
	return inventory_refresh(run, a, err) && load(&l, run->store, a, err) &&
	       judge(id, cert, &l, err);
}
