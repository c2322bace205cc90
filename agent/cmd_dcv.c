/* How the domains that are needed stand, and their validation by hand. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/cmd.h"
#include "agent/domains.h"
#include "agent/inventory.h"
#include "agent/out.h"
#include "base/clock.h"
#include "base/log.h"
#include "dcv/name.h"

#define DAY 86400

/* ---- the table ------------------------------------------------------------------------------- */

/* One account's part of it. */
struct survey {
	struct cmd_context *c;
	struct out *out;
	const struct conf_account *account;
	struct table listed;	   /* WIRE_LIST_VALIDATIONS */
	struct strlist registered; /* its domains, without their wildcards */
	struct strlist needed;
};

static void survey_dispose(struct survey *s)
{
	table_dispose(&s->listed);
	strlist_dispose(&s->registered);
	strlist_dispose(&s->needed);
}
AUTO_DEFINE_REF(survey, struct survey, survey_dispose);

/* An administrator who may not see the list still sees what this host knows. */
static bool list_domains(struct survey *s, struct net *net, struct err *err)
{
	const struct wire_list what = { .kind = WIRE_LIST_VALIDATIONS };

	if (!inventory_list(&s->listed, net, s->account, &what, err)) {
		if (err->kind != ERR_REJECTED)
			return err_wrap(err, "account %s", s->account->name);
		log_warning("account %s: the list of domains is not to be seen: %s",
			s->account->name, err->text);
	}
	for (size_t i = 0; i < table_rows(&s->listed); i++)
		if (!strlist_add(&s->registered, dcv_domain_base(table_cell(&s->listed, i, 0))))
			return err_memory(err);
	return true;
}

static bool need(struct survey *s, const char *domain, struct err *err)
{
	return strlist_has(&s->needed, domain) || strlist_add(&s->needed, domain) ||
	       err_memory(err);
}

/* The domain that a name is validated by; the name itself when SCM has none for it. */
static const char *domain_of(const struct survey *s, const char *name)
{
	const char *domain = NULL;

	if (conf_find_dcv(&domain, s->c->conf, s->account, name))
		return domain;
	if (strncmp(name, "dns:", 4) != 0)
		return NULL;
	domain = dcv_domain_of(&s->registered, name + 4);
	return domain ? domain : dcv_domain_base(name + 4);
}

static bool need_all(struct survey *s, struct err *err)
{
	const struct conf *conf = s->c->conf;

	for (size_t i = 0; i < conf->dcvs; i++)
		for (size_t k = 0; k < conf->dcv[i].domains.n; k++)
			if (conf->dcv[i].account == s->account &&
				!need(s, conf->dcv[i].domains.item[k], err))
				return false;
	for (size_t i = 0; i < conf->certs; i++)
		for (size_t k = 0; k < conf->cert[i].names.n; k++) {
			const char *domain = domain_of(s, conf->cert[i].names.item[k]);

			if (conf->cert[i].account == s->account && domain && !need(s, domain, err))
				return false;
		}
	return true;
}

static bool find_certs(
	struct strlist *out, const struct survey *s, const char *domain, struct err *err)
{
	const struct conf *conf = s->c->conf;

	for (size_t i = 0; i < conf->certs; i++)
		for (size_t k = 0; k < conf->cert[i].names.n; k++) {
			const char *of = domain_of(s, conf->cert[i].names.item[k]);

			if (conf->cert[i].account == s->account && of && !strcmp(of, domain) &&
				!strlist_has(out, conf->cert[i].name) &&
				!strlist_add(out, conf->cert[i].name))
				return err_memory(err);
		}
	return true;
}

static const struct conf_dcv *section_of(const struct conf *conf, const char *domain)
{
	for (size_t i = 0; i < conf->dcvs; i++)
		if (strlist_has(&conf->dcv[i].domains, domain))
			return &conf->dcv[i];
	return NULL;
}

static long row_of(const struct survey *s, const char *domain)
{
	for (size_t i = 0; i < s->registered.n; i++)
		if (dcv_name_equal(s->registered.item[i], domain))
			return (long)i;
	return -1;
}

static void print_days(struct out *o, const char *expires)
{
	int64_t end = clock_parse_day(expires);
	char days[24] = "";

	if (end)
		snprintf(days, sizeof(days), "%lld", (long long)((end - clock_now()) / DAY));
	out_text(o, "expires", "EXPIRES", expires);
	out_text(o, "days_left", "DAYS", days);
}

static bool print_domain(struct survey *s, const char *domain, struct err *err)
{
	const struct conf_dcv *d = section_of(s->c->conf, domain);
	AUTO(validation) struct validation v = { 0 };
	AUTO(strlist) struct strlist certs = { 0 };
	long row = row_of(s, domain);
	size_t at = row < 0 ? table_rows(&s->listed) : (size_t)row;
	char method[16] = "";

	if ((d && !validation_read(&v, s->c->store, domain, err)) ||
		!find_certs(&certs, s, domain, err))
		return false;
	for (size_t i = 0; d && dcv_type_name(d->method)[i]; i++)
		method[i] = (char)tolower((unsigned char)dcv_type_name(d->method)[i]);
	out_row(s->out);
	out_text(s->out, "account", s->c->conf->accounts > 1 ? "ACCOUNT" : NULL, s->account->name);
	out_text(s->out, "domain", "DOMAIN", domain);
	out_text(
		s->out, "status", "STATUS", row < 0 ? "not at SCM" : table_cell(&s->listed, at, 1));
	print_days(s->out, row < 0 ? "" : table_cell(&s->listed, at, 4));
	out_text(s->out, "method", "METHOD", method);
	out_text(s->out, "work", "WORK", validation_word(validation_state(&v)));
	out_text(s->out, "order_status", NULL, row < 0 ? "" : table_cell(&s->listed, at, 3));
	out_list(s->out, "certificates", "CERTIFICATES", &certs);
	out_text(s->out, "note", "NOTE", validation_note(&v));
	return true;
}

static bool survey(struct survey *s, struct net *net, struct err *err)
{
	if (!list_domains(s, net, err) || !need_all(s, err))
		return false;
	for (size_t i = 0; i < s->needed.n; i++)
		if (!print_domain(s, s->needed.item[i], err))
			return false;
	return true;
}

static bool is_used(const struct conf *conf, const struct conf_account *a)
{
	for (size_t i = 0; i < conf->certs; i++)
		if (conf->cert[i].account == a)
			return true;
	for (size_t i = 0; i < conf->dcvs; i++)
		if (conf->dcv[i].account == a)
			return true;
	return false;
}

static int print_table(struct cmd_context *c)
{
	AUTO(out) struct out *o = out_new(c->cli->json, "domains");
	AUTO(cmd_run) struct cmd_run r = { 0 };
	struct err err = { 0 };

	if (!cmd_run_open(&r, c, &err))
		return cmd_fail(&err);
	for (size_t i = 0; i < c->conf->accounts; i++) {
		AUTO(survey)
		struct survey s = { .c = c, .out = o, .account = &c->conf->account[i] };

		if (s.account->api == CONF_ENROLLMENT || !is_used(c->conf, s.account))
			continue;
		if (!survey(&s, r.run.net, &err))
			return cmd_fail(&err);
	}
	out_print(o);
	return 0;
}

/* ---- by hand --------------------------------------------------------------------------------- */

static bool select_domains(
	struct domains *d, struct run *run, const struct cli *cli, struct err *err)
{
	for (size_t i = 0; i < cli->args; i++) {
		bool found = false;

		for (size_t k = 0; k < run->conf->dcvs && !found; k++) {
			const struct conf_dcv *dcv = &run->conf->dcv[k];

			for (size_t m = 0; m < dcv->domains.n && !found; m++) {
				found = dcv_name_equal(dcv->domains.item[m], cli->arg[i]);
				if (found && !domains_add(d, run, dcv, dcv->domains.item[m], err))
					return false;
			}
		}
		if (!found)
			return err_set(err, ERR_USAGE,
				"there is no [dcv:NAME] with domain '%s' in the configuration",
				cli->arg[i]);
	}
	return true;
}

/* Another call goes on where this one ended. */
static int say(const struct validate *w)
{
	log_scope(w->domain);
	if (w->err.kind == ERR_PENDING)
		log_info("%s; call again to go on", w->err.text);
	else if (w->err.kind != ERR_NONE)
		log_error("%s", w->err.text);
	else if (!w->moved)
		log_info("nothing to do");
	log_scope(NULL);
	return err_exit_status(w->err.kind);
}

static void print_result(struct out *o, const struct validate *w)
{
	out_row(o);
	out_text(o, "domain", NULL, w->domain);
	out_flag(o, "validated", validation_current(&w->v, clock_now()));
	out_time(o, "expires", NULL, validation_int(&w->v, VALIDATION_EXPIRES));
	out_text(o, "work", NULL, validation_word(validation_state(&w->v)));
	out_number(o, "exit_status", NULL, err_exit_status(w->err.kind));
	out_text(o, "message", NULL, w->err.text);
}

static int conclude(const struct domains *d, bool json)
{
	AUTO(out) struct out *o = out_new(true, "domains");
	int pending = 0;
	int status = 0;

	for (size_t i = 0; i < d->n; i++) {
		const struct validate *w = &d->item[i];
		int one = say(w);

		print_result(o, w);
		if (w->err.kind == ERR_PENDING)
			pending = one;
		else
			status = status ? status : one;
	}
	if (json)
		out_print(o);
	return status ? status : pending;
}

static void give_up(struct validate *w)
{
	struct validation *v = &w->v;

	log_scope(w->domain);
	if (!validation_read(v, w->run->store, w->domain, &w->err))
		return;
	validation_end_failures(v);
	if (validation_state(v) == VALIDATION_IDLE ? validation_write(v, w->run->store, &w->err)
						   : validate_give_up(w->run, v, &w->err))
		log_info("nothing is under way here any more");
	w->moved = true;
	log_scope(NULL);
}

static int work(struct cmd_context *c)
{
	AUTO(cmd_run) struct cmd_run r = { 0 };
	AUTO(domains) struct domains d = { 0 };
	struct err err = { 0 };

	if (!store_make(c->store, &err) ||
		!store_lock(c->store, c->conf->agent.lock_timeout, &err) ||
		!store_check_clock(c->store, c->started, &err) ||
		!validation_clean(c->store, &err) || !cmd_run_open(&r, c, &err) ||
		!select_domains(&d, &r.run, c->cli, &err))
		return cmd_fail(&err);
	for (size_t i = 0; i < d.n; i++) {
		d.item[i].anew = c->cli->force;
		if (c->cli->abandon)
			give_up(&d.item[i]);
	}
	if (!c->cli->abandon)
		domains_work(&d);
	return conclude(&d, c->cli->json);
}

int cmd_dcv(struct cmd_context *c)
{
	const struct cli *cli = c->cli;
	struct err err = { 0 };

	if (!cli->args && (cli->force || cli->abandon || cli->wait))
		err_set(&err, ERR_USAGE, "name the domains");
	else if (cli->force && cli->abandon)
		err_set(&err, ERR_USAGE, "--force begins anew, --abandon ends it: one of them");
	else
		return cli->args ? work(c) : print_table(c);
	return cmd_fail(&err);
}
