/*
 * `scm`: what the account holds, as SCM says now or as the cache has it, and which of it this host
 * manages.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/inventory.h"
#include "agent/out.h"
#include "base/log.h"

/* The orders of this host: where an id or a serial number at SCM is found again. */
struct managed {
	struct strlist id;
	struct strlist serial;
	struct strlist name; /* in step with both */
};

static void managed_dispose(struct managed *m)
{
	strlist_dispose(&m->id);
	strlist_dispose(&m->serial);
	strlist_dispose(&m->name);
}
AUTO_DEFINE_REF(managed, struct managed, managed_dispose);

struct listing {
	struct cmd_context *c;
	struct net *net;
	struct out *out;
	const struct conf_account *account; /* whose rows are printed */
	bool many;			    /* accounts */
	struct managed managed;
};

static bool manage(struct managed *m, const char *id, const char *serial, const char *name)
{
	return strlist_add(&m->id, id) && strlist_add(&m->serial, serial) &&
	       strlist_add(&m->name, name);
}

static bool manage_generation(
	struct managed *m, int archive, const char *generation, const char *name, struct err *err)
{
	AUTO(record) struct record meta = { 0 };
	AUTO(fd) int dir = -1;
	bool found;

	if (!fs_open_dir(&dir, archive, generation, err) ||
		!record_read(&meta, &found, dir, FILE_META, err))
		return false;
	return !found || manage(m, record_get(&meta, "order"), record_get(&meta, "serial"), name) ||
	       err_memory(err);
}

static bool manage_cert(struct managed *m, struct store *store, const char *name, struct err *err)
{
	AUTO(strlist) struct strlist generations = { 0 };
	AUTO(situation) struct situation s = { 0 };
	AUTO(fd) int archive = -1;

	if (!situation_read(&s, store, name, err) ||
		!store_generations(&generations, store, name, err) ||
		!store_open_archive(&archive, store, name, false, err))
		return false;
	if (s.order.found && !manage(m, record_get(&s.order.r, "ssl_id"), "", name))
		return err_memory(err);
	for (size_t i = 0; i < generations.n; i++)
		if (!manage_generation(m, archive, generations.item[i], name, err))
			return false;
	return true;
}

static bool manage_all(struct managed *m, const struct cmd_context *c, struct err *err)
{
	for (size_t i = 0; i < c->conf->certs; i++)
		if (!manage_cert(m, c->store, c->conf->cert[i].name, err))
			return false;
	return true;
}

/* The certificate of ours that an order at SCM belongs to, or "". */
static const char *managed_as(const struct managed *m, const char *id, const char *serial)
{
	/* an order in work may turn out to be another's; an installed certificate is ours */
	long at = *serial ? strlist_find(&m->serial, serial) : -1;

	if (at < 0)
		at = strlist_find(&m->id, id);
	return at < 0 ? "" : m->name.item[at];
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void begin_row(struct listing *l)
{
	out_row(l->out);
	out_text(l->out, "account", l->many ? "ACCOUNT" : NULL, l->account->name);
}

static bool print_organizations(struct listing *l, const struct table *t, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < table_rows(t); i++) {
		begin_row(l);
		out_text(l->out, "id", "ID", table_cell(t, i, 0));
		out_text(l->out, "name", "NAME", table_cell(t, i, 1));
		out_text(l->out, "parent", "DEPARTMENT OF", table_cell(t, i, 2));
	}
	return true;
}

static bool print_profiles(struct listing *l, const struct table *t, struct err *err)
{
	for (size_t i = 0; i < table_rows(t); i++) {
		AUTO(strlist) struct strlist terms = { 0 };
		AUTO(strlist) struct strlist types = { 0 };

		if (!strlist_split(&terms, table_cell(t, i, 2), ',') ||
			!strlist_split(&types, table_cell(t, i, 3), ','))
			return err_memory(err);
		begin_row(l);
		out_text(l->out, "id", "ID", table_cell(t, i, 0));
		out_text(l->out, "name", "NAME", table_cell(t, i, 1));
		out_list(l->out, "terms", "TERMS", &terms);
		out_list(l->out, "key_types", "KEY TYPES", &types);
	}
	return true;
}

static bool print_domains(struct listing *l, const struct table *t, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < table_rows(t); i++) {
		begin_row(l);
		out_text(l->out, "domain", "DOMAIN", table_cell(t, i, 0));
		out_text(l->out, "status", "STATUS", table_cell(t, i, 1));
		out_text(l->out, "expires", "EXPIRES", table_cell(t, i, 4));
		out_text(l->out, "method", "METHOD", table_cell(t, i, 2));
		out_text(l->out, "order_status", "ORDER STATUS", table_cell(t, i, 3));
	}
	return true;
}

static bool print_certificates(struct listing *l, const struct table *t, struct err *err)
{
	for (size_t i = 0; i < table_rows(t); i++) {
		AUTO(strlist) struct strlist names = { 0 };

		if (!strlist_split(&names, table_cell(t, i, 3), ' '))
			return err_memory(err);
		begin_row(l);
		out_text(l->out, "id", "ID", table_cell(t, i, 0));
		out_text(l->out, "common_name", "COMMON NAME", table_cell(t, i, 1));
		out_text(l->out, "serial", "SERIAL", table_cell(t, i, 2));
		out_list(l->out, "names", NULL, &names);
		out_text(l->out, "managed_as", "MANAGED AS",
			managed_as(&l->managed, table_cell(t, i, 0), table_cell(t, i, 2)));
	}
	return true;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static const struct subject {
	const char *word;
	enum wire_list_kind kind;
	bool (*print)(struct listing *l, const struct table *t, struct err *err);
	bool of_organization;
	bool takes_text;
} subjects[] = {
	{ "organizations", WIRE_LIST_ORGANIZATIONS, print_organizations, false, false },
	{ "profiles", WIRE_LIST_PROFILES, print_profiles, true, false },
	{ "domains", WIRE_LIST_VALIDATIONS, print_domains, false, true },
	{ "certificates", WIRE_LIST_CERTIFICATES, print_certificates, false, true },
};

/* A serial number as SCM prints it, with or without colons; a name has other letters in it. */
static bool looks_like_serial(const char *text)
{
	return strlen(text) >= 16 && !text[strspn(text, "0123456789abcdefABCDEF:")];
}

static bool list_live(struct table *t, struct listing *l, const struct subject *s, struct err *err)
{
	const struct cli *cli = l->c->cli;
	struct wire_list what = { .kind = s->kind, .status = cli->value[VALUE_STATE] };

	if (s->of_organization)
		what.org_id = l->account->organization_id;
	if (cli->args > 1 && s->kind == WIRE_LIST_CERTIFICATES && looks_like_serial(cli->arg[1]))
		what.serial = cli->arg[1];
	else if (cli->args > 1)
		what.name = cli->arg[1];
	return inventory_list(t, l->net, l->account, &what, err);
}

static bool list_cached(
	struct table *t, struct listing *l, const struct subject *s, struct err *err)
{
	bool found;

	if (!inventory_load(t, &found, l->c->store, l->account, s->kind, err))
		return false;
	return found || err_set(err, ERR_CONFIG,
				"account %s: there are no %s in the cache; run scm-agent scm sync",
				l->account->name, s->word);
}

static bool list_account(struct listing *l, const struct subject *s, struct err *err)
{
	AUTO(table) struct table t = { 0 };

	if (l->account->api == CONF_ENROLLMENT)
		return err_set(err, ERR_CONFIG,
			"account %s: the Enrollment API has no lists; see the REST account in SCM",
			l->account->name);
	return (l->c->cli->cached ? list_cached(&t, l, s, err) : list_live(&t, l, s, err)) &&
	       s->print(l, &t, err);
}

static bool wanted(const struct cmd_context *c, const struct conf_account *a)
{
	const char *name = c->cli->value[VALUE_ACCOUNT];

	return name ? !strcmp(name, a->name) : a->api == CONF_ADMIN || c->conf->accounts == 1;
}

static int list(struct cmd_context *c, const struct subject *s)
{
	AUTO(out) struct out *o = out_new(c->cli->json, s->word);
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct listing l = { .c = c, .out = o, .many = c->conf->accounts > 1 };
	struct err err = { 0 };
	bool ok = cmd_run_open(&r, c, &err) &&
		  (s->kind != WIRE_LIST_CERTIFICATES || manage_all(&l.managed, c, &err));
	int status = ok ? 0 : cmd_fail(&err);

	l.net = r.run.net;
	/* an account that fails does not hide the others */
	for (size_t i = 0; ok && i < c->conf->accounts; i++) {
		int failed = 0;

		l.account = &c->conf->account[i];
		if (wanted(c, l.account) && !list_account(&l, s, &err))
			failed = cmd_fail(&err);
		status = status ? status : failed;
	}
	managed_dispose(&l.managed);
	if (ok)
		out_print(o);
	return status;
}

static int sync_accounts(struct cmd_context *c)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct err err = { 0 };
	int status = 0;

	if (!store_lock(c->store, c->conf->agent.lock_timeout, &err) || !cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	for (size_t i = 0; i < c->conf->accounts; i++) {
		const struct conf_account *a = &c->conf->account[i];
		int failed = 0;

		if (!wanted(c, a))
			continue;
		if (a->api == CONF_ENROLLMENT)
			log_info("account %s: the Enrollment API has no lists; orders alone are "
				 "looked at",
				a->name);
		if (!inventory_keep(&r.run, a, &err))
			failed = cmd_fail(&err);
		else
			log_info("account %s: refreshed", a->name);
		status = status ? status : failed;
	}
	return status;
}

static bool check_usage(const struct cmd_context *c, const struct subject *s, struct err *err)
{
	const struct cli *cli = c->cli;
	const char *account = cli->value[VALUE_ACCOUNT];

	if (account && !conf_find_account(c->conf, account))
		return err_set(
			err, ERR_USAGE, "there is no account '%s' in the configuration", account);
	if (!s && (cli->cached || cli->value[VALUE_STATE] || cli->args > 1))
		return err_set(err, ERR_USAGE, "scm sync takes --account alone");
	if (s && cli->args > 1 && (!s->takes_text || cli->cached))
		return err_set(err, ERR_USAGE, "unexpected argument '%s'", cli->arg[1]);
	if (s && cli->value[VALUE_STATE] && s->kind != WIRE_LIST_CERTIFICATES)
		return err_set(err, ERR_USAGE, "--state is for certificates");
	if (s && cli->cached && s->kind == WIRE_LIST_CERTIFICATES)
		return err_set(err, ERR_USAGE, "certificates are not cached; leave --cached out");
	return true;
}

int cmd_scm(struct cmd_context *c)
{
	const char *word = c->cli->args ? c->cli->arg[0] : "";
	const struct subject *s = NULL;
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
		if (!strcmp(subjects[i].word, word))
			s = &subjects[i];
	if (!s && strcmp(word, "sync") != 0) {
		err_set(&err, ERR_USAGE,
			"say what: scm organizations, profiles, domains, certificates or sync");
		return cmd_fail(&err);
	}
	if (!check_usage(c, s, &err))
		return cmd_fail(&err);
	return s ? list(c, s) : sync_accounts(c);
}
