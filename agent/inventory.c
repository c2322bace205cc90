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
	bool judges;	      /* an order is judged by it */
} kept[] = {
	{ WIRE_LIST_PROFILES, "profiles", 4, true, true },
	{ WIRE_LIST_FIELDS, "fields", 3, false, true },
	{ WIRE_LIST_ORGANIZATIONS, "organizations", 3, false, false },
	{ WIRE_LIST_VALIDATIONS, "validations", 5, false, false },
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

static bool refresh(struct run *run, const struct conf_account *a, bool judges, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if ((kept[i].judges || !judges) && !refresh_one(run, a, &kept[i], err))
			return err_wrap(err, "account %s: %s", a->name, kept[i].word);
	return true;
}

bool inventory_refresh(struct run *run, const struct conf_account *a, struct err *err)
{
	return a->api == CONF_ENROLLMENT || refresh(run, a, false, err);
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

/* The state of our orders is asked for with all the rest, and by nothing else. */
bool inventory_due(struct store *store, const struct conf_account *a, uint64_t host, int64_t now)
{
	int64_t spread = (int64_t)(host % 86400);
	int64_t last = standing_time(store, a);

	return now - last >= INVENTORY_PERIOD - spread || last > now;
}

/* Our own certificates first: a list that SCM can't give must not hide that one is revoked. */
bool inventory_keep(struct run *run, const struct conf_account *a, struct err *err)
{
	return standing_refresh(run, a, err) && inventory_refresh(run, a, err);
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

static bool fresh(const struct lists *l, int64_t now)
{
	return l->profiles.time <= now && now - l->profiles.time < INVENTORY_PERIOD;
}

/* SCM judges the order itself: lists that it can't give now are no reason not to ask for one. */
static bool do_without(const struct err *why)
{
	if (why->kind != ERR_UNAVAILABLE && why->kind != ERR_PROTOCOL)
		return false;
	log_debug("going by the lists that there are: %s", why->text);
	return true;
}

bool inventory_profile(uint64_t *id, struct run *run, const struct conf_cert *cert, struct err *err)
{
	const struct conf_account *a = cert->account;
	AUTO(lists) struct lists l = { 0 };
	bool fine;

	*id = cert->profile_id;
	if (a->api == CONF_ENROLLMENT)
		return true;
	if (!load(&l, run->store, a, err))
		return false;
	fine = l.has_profiles && judge(id, cert, &l, err);
	if (fine && fresh(&l, clock_now()))
		return true;
	/* what SCM said last may be out of date */
	if (!refresh(run, a, true, err))
		return fine && do_without(err);
	return load(&l, run->store, a, err) && judge(id, cert, &l, err);
}
