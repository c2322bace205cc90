#include <ctype.h>
#include <string.h>

#include "agent/conf_load.h"
#include "dcv/name.h"

static const struct conf_choice methods[] = {
	{ "http", DCV_HTTP },
	{ "https", DCV_HTTPS },
	{ "cname", DCV_CNAME },
	{ "txt", DCV_TXT },
	{ "email", DCV_EMAIL },
	{ .text = NULL },
};

struct raw_dcv {
	struct conf_dcv d;
	struct strlist domains;
	struct strlist hook;
	int method;
};

#define IN_DCV(field) (offsetof(struct raw_dcv, d) + AT(conf_dcv, field))

static const struct conf_key dcv_keys[] = {
	KEY("account", set_string, IN_DCV(account_name), .fallback = "default"),
	KEY("domains", set_words, AT(raw_dcv, domains), .required = true),
	KEY("method", set_choice, AT(raw_dcv, method), .required = true, .choice = methods),
	KEY("webroot", set_path, IN_DCV(webroot)),
	KEY("hook", set_words, AT(raw_dcv, hook)),
	KEY("email", set_string, IN_DCV(email)),
	KEY("renew_before", set_duration, IN_DCV(renew_before), .fallback = "30d",
		.max = 365 * (uint64_t)CONF_DAY),
	KEY("check", set_bool, IN_DCV(check), .fallback = "yes"),
	KEY("check_address", set_string, IN_DCV(check_address)),
	KEY("nameserver", set_string, IN_DCV(nameserver)),
};

/* What publishes is said once, and nothing that the method has no use for. */
static bool check_means(const struct raw_dcv *raw, const struct ini_section *s, struct err *err)
{
	bool file = raw->method == DCV_HTTP || raw->method == DCV_HTTPS;
	bool record = raw->method == DCV_CNAME || raw->method == DCV_TXT;
	const struct {
		const char *key;
		bool wanted;
		bool optional;
	} means[] = {
		{ "webroot", file, false },
		{ "check_address", file, true },
		{ "hook", record, false },
		{ "nameserver", record, true },
		{ "email", raw->method == DCV_EMAIL, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(means); i++) {
		struct conf_where where = conf_where_of(s, NULL, means[i].key);
		bool given = ini_find(s, means[i].key) != NULL;

		if (given && !means[i].wanted)
			return conf_error(err, where, "%s: not for this method; remove the line",
				means[i].key);
		if (!given && means[i].wanted && !means[i].optional)
			return conf_error(err, where, "%s: required by this method", means[i].key);
	}
	return true;
}

static bool taken(const struct conf *conf, const char *domain)
{
	for (size_t i = 0; i <= conf->dcvs; i++)
		if (strlist_has(&conf->dcv[i].domains, domain))
			return true;
	return false;
}

static bool add_domain(struct conf_loading *l, struct conf_dcv *d, const char *text,
	struct conf_where where, struct err *err)
{
	AUTO_STR char *domain = strdup(text);

	if (!domain)
		return err_memory(err);
	if (!dcv_name_valid(domain))
		return conf_error(err, where, "domains: '%s' is not a domain%s", domain,
			dcv_domain_base(domain) == domain
				? "; those in other scripts are written in their xn-- form"
				: "; a wildcard is validated with its domain, leave out \"*.\"");
	domain[dcv_name_length(domain)] = '\0';
	for (char *p = domain; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (taken(l->conf, domain))
		return conf_error(err, where,
			"domains: '%s' is already in this or another [dcv:NAME]", domain);
	return strlist_add(&d->domains, domain) || err_memory(err);
}

static bool resolve(
	struct conf_loading *l, struct raw_dcv *raw, const struct ini_section *s, struct err *err)
{
	struct conf_dcv *d = &l->conf->dcv[l->conf->dcvs];
	struct conf_where where = conf_where_of(s, NULL, "account");

	d->account = conf_find_account(l->conf, d->account_name);
	if (!d->account)
		return conf_error(err, where, "account: there is no [scm%s%s] section",
			strcmp(d->account_name, "default") ? ":" : "",
			strcmp(d->account_name, "default") ? d->account_name : "");
	if (d->account->api == CONF_ENROLLMENT)
		return conf_error(err, where,
			"account: the Enrollment API validates no domains; name an account of the "
			"Admin API");
	where = conf_where_of(s, NULL, "domains");
	for (size_t i = 0; i < raw->domains.n; i++)
		if (!add_domain(l, d, raw->domains.item[i], where, err))
			return false;
	if (!d->domains.n)
		return conf_error(err, where, "domains: empty");
	where = conf_where_of(s, NULL, "hook");
	if (raw->hook.n > 1)
		return conf_error(err, where, "hook: one alone");
	return conf_load_hooks(l, &d->hook, &raw->hook, where, err);
}

bool conf_load_dcv(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	struct conf_dcv *d = &l->conf->dcv[l->conf->dcvs];
	struct raw_dcv raw = { 0 };
	bool ok;

	raw.d.name = strdup(s->name);
	if (!raw.d.name)
		return err_memory(err);
	raw.d.where = (struct conf_where) { s->file, s->line };
	ok = conf_check_name(s, err) &&
	     conf_apply(&raw, dcv_keys, ARRAY_LEN(dcv_keys), s, NULL, err) &&
	     check_means(&raw, s, err);
	raw.d.method = (enum dcv_type)raw.method;
	*d = raw.d;
	ok = ok && resolve(l, &raw, s, err);
	l->conf->dcvs++;
	strlist_dispose(&raw.domains);
	strlist_dispose(&raw.hook);
	return ok;
}

void conf_dcv_dispose(struct conf_dcv *d)
{
	char *strings[] = { d->name, d->account_name, d->webroot, d->email, d->check_address,
		d->nameserver };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free(strings[i]);
	strlist_dispose(&d->domains);
	conf_hooks_dispose(&d->hook);
}

const struct conf_dcv *conf_find_dcv(const char **domain, const struct conf *conf,
	const struct conf_account *account, const char *name)
{
	const struct conf_dcv *found = NULL;

	if (strncmp(name, "dns:", 4) != 0)
		return NULL;
	for (size_t i = 0; i < conf->dcvs; i++) {
		const struct conf_dcv *d = &conf->dcv[i];
		const char *covers = dcv_domain_of(&d->domains, name + 4);

		if (d->account != account || !covers)
			continue;
		if (found && strlen(covers) <= strlen(*domain))
			continue;
		found = d;
		*domain = covers;
	}
	return found;
}
