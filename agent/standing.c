#include "agent/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/revocation.h"
#include "base/clock.h"
#include "base/log.h"

#define FILE_NAME_MAX 96

enum { STANDING_ORDER, STANDING_STATUS, STANDING_COLUMNS };

static void file_of(char out[static FILE_NAME_MAX], const struct conf_account *a)
{
	snprintf(out, FILE_NAME_MAX, "orders-%.64s", a->name);
}

static bool ask(struct answer *out, struct run *run, const struct conf_account *a, const char *id,
	struct err *err)
{
	struct wire_request r = { .op = WIRE_DETAILS, .order = { id } };

	return net_call(out, run->net, a, &r, err);
}

static bool keep(struct table *t, const char *id, const char *status, struct err *err)
{
	return table_add(t, id, err) && table_add(t, status, err);
}

static bool refresh_one(
	struct table *t, struct run *run, const struct conf_cert *cert, struct err *err)
{
	AUTO(situation) struct situation s = { 0 };
	AUTO(answer) struct answer answer = { 0 };
	const struct record *meta = &s.live_meta.r;
	const char *id;
	bool revoked;

	if (!situation_read(&s, run->store, cert->name, err))
		return false;
	id = record_get(meta, "order");
	if (!s.live || !*id || strcmp(record_get(meta, "account"), cert->account->name) != 0)
		return true;
	if (!ask(&answer, run, cert->account, id, err))
		return err->kind == ERR_REJECTED && keep(t, id, "not known", err);
	if (!revocation_learn(&revoked, run->store, cert->name, s.live, meta, &answer.reply, err))
		return false;
	if (revoked)
		log_warning("%s: SCM lists the live certificate as revoked; %s", cert->name,
			cert->follow.path ? "its leader has to replace it" : "it is replaced");
	return keep(t, id, answer.reply.status, err);
}

bool standing_refresh(struct run *run, const struct conf_account *a, struct err *err)
{
	AUTO(table) struct table t = { .columns = STANDING_COLUMNS, .time = clock_now() };
	char name[FILE_NAME_MAX];

	for (size_t i = 0; i < run->conf->certs; i++) {
		const struct conf_cert *cert = &run->conf->cert[i];

		if (cert->account == a && !refresh_one(&t, run, cert, err))
			return err_wrap(err, "%s", cert->name);
	}
	file_of(name, a);
	return table_write(&t, run->store->cache, name, err);
}

int64_t standing_time(struct store *store, const struct conf_account *a)
{
	AUTO(table) struct table t = { 0 };
	struct err ignored = { 0 };
	char name[FILE_NAME_MAX];
	bool found;

	file_of(name, a);
	return table_read(&t, &found, store->cache, name, STANDING_COLUMNS, &ignored) && found
		       ? t.time
		       : 0;
}

bool standing_of(char **status, int64_t *time, struct store *store, const struct conf_account *a,
	const char *id, struct err *err)
{
	AUTO(table) struct table t = { 0 };
	char name[FILE_NAME_MAX];
	bool found;
	long row;

	file_of(name, a);
	if (!table_read(&t, &found, store->cache, name, STANDING_COLUMNS, err))
		return false;
	row = found ? table_find(&t, STANDING_ORDER, id) : -1;
	*status = strdup(row < 0 ? "" : table_cell(&t, (size_t)row, STANDING_STATUS));
	*time = row < 0 ? 0 : t.time;
	return *status || err_memory(err);
}
