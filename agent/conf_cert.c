#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf_load.h"
#include "base/fs.h"
#include "base/user.h"
#include "csr/name.h"
#include "scm/wire.h"

#define COMMENT_MAX 960 /* SCM takes 1024 with our tag (scm-api.md 3.2) */

static const struct conf_choice renewals[] = {
	{ "enroll", CONF_ENROLL },
	{ "renew", CONF_RENEW },
	{ .text = NULL },
};
static const struct conf_choice on_lost_answers[] = {
	{ "hold", CONF_HOLD },
	{ "resubmit", CONF_RESUBMIT },
	{ .text = NULL },
};
static const struct conf_choice on_failures[] = {
	{ "rollback", CONF_ROLLBACK },
	{ "keep", CONF_KEEP },
	{ .text = NULL },
};
static const struct conf_choice validations[] = {
	{ "manual", false },
	{ "auto", true },
	{ .text = NULL },
};

struct raw_cert {
	struct conf_cert c;
	char *key_store;
	struct strlist deploy_hooks;
	struct strlist pre_hooks;
	struct strlist post_hooks;
	struct strlist verify;
	int renew_with;
	int on_failure;
	int on_lost_answer;
	int dcv;
};

#define IN_CERT(field) (offsetof(struct raw_cert, c) + AT(conf_cert, field))

static conf_set set_custom_field;

static const struct conf_key cert_keys[] = {
	KEY("account", set_string, IN_CERT(account_name), .fallback = "default"),
	KEY("common_name", set_string, IN_CERT(common_name), .required = true),
	KEY("subject_alt_names", set_list, IN_CERT(alt_names)),
	KEY("organization", set_string, IN_CERT(organization)),
	KEY("organizational_unit", set_string, IN_CERT(organizational_unit)),
	KEY("locality", set_string, IN_CERT(locality)),
	KEY("state", set_string, IN_CERT(state)),
	KEY("country", set_string, IN_CERT(country)),
	KEY("key_type", set_key_type, IN_CERT(key_type), .fallback = "ec:P-256"),
	KEY("key_store", set_string, AT(raw_cert, key_store), .fallback = "file"),
	KEY("reuse_key", set_bool, IN_CERT(reuse_key), .fallback = "no"),
	KEY("max_key_age", set_duration, IN_CERT(max_key_age), .max = 3650 * CONF_DAY),
	KEY("next_key", set_bool, IN_CERT(next_key), .fallback = "no"),
	KEY("import_key", set_path, IN_CERT(import_key)),
	KEY("import_key_password_file", set_secret, IN_CERT(import_password_file)),
	KEY("key_uri", set_string, IN_CERT(key_uri)),
	KEY("follow", set_path, IN_CERT(follow.path)),
	KEY("follow_alias", set_string, IN_CERT(follow.alias)),
	KEY("follow_password_file", set_secret, IN_CERT(follow.password_file)),
	KEY("follow_key_password_file", set_secret, IN_CERT(follow.key_password_file)),
	KEY("profile", set_string, IN_CERT(profile)),
	KEY("term", set_uint, IN_CERT(term), .min = 1, .max = 3650),
	KEY("comments", set_string, IN_CERT(comments)),
	KEY("external_requesters", set_words, IN_CERT(external_requesters)),
	KEY("custom_field.", set_custom_field, 0),
	KEY("renew_before", set_window, IN_CERT(renew_before), .fallback = "33%"),
	KEY("renew_with", set_choice, AT(raw_cert, renew_with), .fallback = "enroll",
		.choice = renewals),
	KEY("renew_if_issued_before", set_time, IN_CERT(renew_if_issued_before)),
	KEY("trust_anchors", set_path, IN_CERT(trust_anchors)),
	KEY("allow_extra_names", set_bool, IN_CERT(allow_extra_names), .fallback = "no"),
	KEY("deploy_hooks", set_words, AT(raw_cert, deploy_hooks)),
	KEY("pre_hooks", set_words, AT(raw_cert, pre_hooks)),
	KEY("post_hooks", set_words, AT(raw_cert, post_hooks)),
	KEY("verify", set_words, AT(raw_cert, verify)),
	KEY("on_failure", set_choice, AT(raw_cert, on_failure), .fallback = "rollback",
		.choice = on_failures),
	KEY("on_lost_answer", set_choice, AT(raw_cert, on_lost_answer), .fallback = "hold",
		.choice = on_lost_answers),
	KEY("dcv_mode", set_string, IN_CERT(dcv_mode)),
	KEY("dcv_email", set_string, IN_CERT(dcv_email)),
	KEY("dcv", set_choice, AT(raw_cert, dcv), .fallback = "manual", .choice = validations),
	KEY("group", set_string, IN_CERT(group)),
	KEY("key_mode", set_mode, IN_CERT(key_mode), .fallback = "0600"),
	KEY("server_user", set_string, IN_CERT(server_user)),
};

static bool set_custom_field(void *section, const struct conf_key *key, const char *name,
	const char *value, struct err *err)
{
	struct raw_cert *raw = section;

	(void)key;
	if (strlen(name) > 256 || strlen(value) > 256)
		return err_set(err, ERR_CONFIG, "name or value longer than 256 characters");
	if (raw->c.field_names.n >= WIRE_FIELDS_MAX)
		return err_set(err, ERR_CONFIG, "more than %d custom fields", WIRE_FIELDS_MAX);
	if (!strlist_add(&raw->c.field_names, name) || !strlist_add(&raw->c.field_values, value))
		return err_memory(err);
	return true;
}

static bool load_verify(struct conf_verify *out, const struct strlist *texts,
	struct conf_where where, struct err *err)
{
	if (!texts->n)
		return true;
	out->item = calloc(texts->n, sizeof(*out->item));
	if (!out->item)
		return err_memory(err);
	for (size_t i = 0; i < texts->n; i++) {
		if (!verify_parse(&out->item[i], texts->item[i], err))
			return err_wrap(err, "%s:%u: verify", where.file, where.line);
		out->n++;
	}
	return true;
}

static bool resolve_group(struct conf_cert *c, struct conf_where where, struct err *err)
{
	const struct group *group;

	c->gid = FS_KEEP;
	if (!c->group)
		return true;
	group = getgrnam(c->group);
	if (!group)
		return conf_error(
			err, where, "group: there is no group '%s' on this system", c->group);
	c->gid = group->gr_gid;
	return true;
}

static bool check_server_user(const struct conf_cert *c, struct conf_where where, struct err *err)
{
	struct user user;

	return !c->server_user || user_find(&user, c->server_user, err) ||
	       err_wrap(err, "%s:%u: server_user", where.file, where.line);
}

/* Field by field, for the line that each stands in. */
static bool check_subject(const struct conf_cert *c, const struct ini_section *s,
	const struct ini_section *d, struct err *err)
{
	const struct {
		const char *key;
		struct csr_subject subject;
	} fields[] = {
		{ "common_name", { .common_name = c->common_name } },
		{ "organization", { .organization = c->organization } },
		{ "organizational_unit", { .organizational_unit = c->organizational_unit } },
		{ "locality", { .locality = c->locality } },
		{ "state", { .state = c->state } },
		{ "country", { .country = c->country } },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct conf_where where = conf_where_of(s, d, fields[i].key);

		if (!csr_check_subject(&fields[i].subject, err))
			return err_wrap(err, "%s:%u", where.file, where.line);
	}
	return true;
}

static bool resolve_names(struct conf_cert *c, const struct ini_section *s,
	const struct ini_section *d, struct err *err)
{
	struct conf_where where = conf_where_of(s, d, "subject_alt_names");

	if (!check_subject(c, s, d, err))
		return false;
	if (!csr_names_build(&c->names, c->common_name, &c->alt_names, err))
		return err_wrap(err, "%s:%u: subject_alt_names", where.file, where.line);
	/* the value alone of any other kind would not be taken for what it is */
	if (strncmp(c->names.item[0], "dns:", 4) != 0 && strncmp(c->names.item[0], "ip:", 3) != 0)
		return true;
	free(c->common_name);
	c->common_name = strdup(csr_name_value(c->names.item[0]));
	return c->common_name || err_memory(err);
}

/* A number is an id; anything else is a name, which SCM's list of profiles has the id for. */
static bool check_profile(struct conf_cert *c, struct conf_where where, struct err *err)
{
	const char *s = c->profile;
	char *end = NULL;

	if (!s || s[strspn(s, "0123456789")])
		return true;
	errno = 0;
	c->profile_id = strtoull(s, &end, 10);
	if (*s != '0' && !errno && c->profile_id <= INT64_MAX)
		return true;
	return conf_error(err, where, "profile: '%s' is no number of a profile", s);
}

/* An account of the Enrollment API has profile and term in SCM; what was lost, it can't find. */
static bool check_api(const struct conf_cert *c, const struct ini_section *s,
	const struct ini_section *d, struct err *err)
{
	bool admin = c->account->api == CONF_ADMIN;

	if (admin && (!c->profile || !c->term))
		return conf_error(err, c->where, "[certificate:%s] needs '%s'", c->name,
			c->profile ? "term" : "profile");
	if (admin && c->on_lost_answer == CONF_RESUBMIT)
		return conf_error(err, conf_where_of(s, d, "on_lost_answer"),
			"on_lost_answer: resubmit is for api = enrollment alone; the Admin API "
			"finds a lost order again");
	if (!admin && c->profile && !c->profile_id)
		return conf_error(err, conf_where_of(s, d, "profile"),
			"profile: '%s' is no number; the Enrollment API lists no names",
			c->profile);
	return true;
}

/* There has to be a way for one name at least; others may be validated by somebody else. */
static bool check_dcv(const struct conf_loading *l, const struct conf_cert *c,
	struct conf_where where, struct err *err)
{
	const char *domain = NULL;

	for (size_t i = 0; c->dcv_auto && i < c->names.n; i++)
		if (conf_find_dcv(&domain, l->conf, c->account, c->names.item[i]))
			return true;
	return !c->dcv_auto ||
	       conf_error(err, where,
		       "dcv: no [dcv:NAME] section of this account has a domain of these names");
}

/* scm-api.md, 3.2. */
static bool check_dcv_mode(const struct conf_cert *c, const struct ini_section *s,
	const struct ini_section *d, struct err *err)
{
	static const char *const modes[] = { "CNAME", "EMAIL", "HTTP", "HTTPS", "TXT", "AUTO" };
	bool email = c->dcv_mode && !strcmp(c->dcv_mode, "EMAIL");
	bool known = !c->dcv_mode;

	for (size_t i = 0; !known && i < ARRAY_LEN(modes); i++)
		known = !strcmp(modes[i], c->dcv_mode);
	if (!known)
		return conf_error(err, conf_where_of(s, d, "dcv_mode"),
			"dcv_mode: '%s' is none of CNAME, EMAIL, HTTP, HTTPS, TXT, AUTO",
			c->dcv_mode);
	if (email == (c->dcv_email != NULL))
		return true;
	return conf_error(err, conf_where_of(s, d, email ? "dcv_mode" : "dcv_email"),
		"dcv_email and dcv_mode = EMAIL belong together");
}

/* One that follows may do without an account, unless it names one. */
static bool resolve_account(const struct conf_loading *l, struct conf_cert *c,
	const struct ini_section *s, const struct ini_section *d, struct err *err)
{
	bool named = ini_find(s, "account") || (d && ini_find(d, "account"));
	bool other = strcmp(c->account_name, "default") != 0;

	c->account = conf_find_account(l->conf, c->account_name);
	if (c->account)
		return true;
	if (named || !c->follow.path)
		return conf_error(err, conf_where_of(s, d, "account"),
			"account: there is no [scm%s%s] section", other ? ":" : "",
			other ? c->account_name : "");
	free(c->account_name);
	c->account_name = NULL;
	return true;
}

/* What an order needs, of a certificate that this host orders. */
static bool check_order(const struct conf_loading *l, struct conf_cert *c,
	const struct ini_section *s, const struct ini_section *d, struct err *err)
{
	return c->follow.path ||
	       (check_dcv_mode(c, s, d, err) &&
		       check_profile(c, conf_where_of(s, d, "profile"), err) &&
		       check_api(c, s, d, err) && check_dcv(l, c, conf_where_of(s, d, "dcv"), err));
}

static bool check_cert(
	struct conf_loading *l, struct raw_cert *raw, const struct ini_section *s, struct err *err)
{
	const struct ini_section *d = l->defaults;
	struct conf_cert *c = &raw->c;

	if (!resolve_account(l, c, s, d, err))
		return false;
	if (c->comments && strlen(c->comments) > COMMENT_MAX)
		return conf_error(err, conf_where_of(s, d, "comments"),
			"comments: longer than %d characters", COMMENT_MAX);
	c->on_failure = (enum conf_on_failure)raw->on_failure;
	c->dcv_auto = raw->dcv;
	c->renew_with = (enum conf_renew_with)raw->renew_with;
	c->on_lost_answer = (enum conf_on_lost_answer)raw->on_lost_answer;
	return resolve_names(c, s, d, err) && conf_check_policy(l, c, raw->key_store, s, err) &&
	       conf_check_follow(c, s, d, err) && check_order(l, c, s, d, err) &&
	       resolve_group(c, conf_where_of(s, d, "group"), err) &&
	       check_server_user(c, conf_where_of(s, d, "server_user"), err) &&
	       conf_load_hooks(l, &c->deploy_hooks, &raw->deploy_hooks,
		       conf_where_of(s, d, "deploy_hooks"), err) &&
	       conf_load_hooks(
		       l, &c->pre_hooks, &raw->pre_hooks, conf_where_of(s, d, "pre_hooks"), err) &&
	       conf_load_hooks(l, &c->post_hooks, &raw->post_hooks,
		       conf_where_of(s, d, "post_hooks"), err) &&
	       load_verify(&c->verify, &raw->verify, conf_where_of(s, d, "verify"), err);
}

static void raw_cert_dispose(struct raw_cert *raw)
{
	free(raw->key_store);
	strlist_dispose(&raw->deploy_hooks);
	strlist_dispose(&raw->pre_hooks);
	strlist_dispose(&raw->post_hooks);
	strlist_dispose(&raw->verify);
}

bool conf_check_defaults(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	static const char *const own[] = { "common_name", "subject_alt_names", "follow",
		"import_key", "key_uri" };
	struct raw_cert raw = { 0 };
	bool ok;

	(void)l;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (ini_find(s, own[i]))
			return conf_error(err, conf_where_of(s, NULL, own[i]),
				"%s: can't be the same for all certificates", own[i]);
	ok = conf_try(&raw, cert_keys, ARRAY_LEN(cert_keys), s, err);
	conf_cert_dispose(&raw.c);
	raw_cert_dispose(&raw);
	return ok;
}

bool conf_load_cert(struct conf_loading *l, struct ini_section *s, struct err *err)
{
	struct conf_cert *c = &l->conf->cert[l->conf->certs];
	struct raw_cert raw = { 0 };
	bool ok;

	raw.c.name = strdup(s->name);
	if (!raw.c.name)
		return err_memory(err);
	raw.c.where = (struct conf_where) { s->file, s->line };
	ok = conf_check_name(s, err) &&
	     conf_apply(&raw, cert_keys, ARRAY_LEN(cert_keys), s, l->defaults, err) &&
	     check_cert(l, &raw, s, err);
	*c = raw.c;
	l->conf->certs++;
	raw_cert_dispose(&raw);
	return ok;
}

void conf_cert_dispose(struct conf_cert *c)
{
	char *strings[] = { c->name, c->account_name, c->common_name, c->organization,
		c->organizational_unit, c->locality, c->state, c->country, c->key_store,
		c->import_key, c->import_password_file, c->key_uri, c->comments, c->profile,
		c->dcv_mode, c->dcv_email, c->trust_anchors, c->group, c->server_user };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free(strings[i]);
	conf_follow_dispose(&c->follow);
	strlist_dispose(&c->alt_names);
	strlist_dispose(&c->names);
	strlist_dispose(&c->external_requesters);
	strlist_dispose(&c->field_names);
	strlist_dispose(&c->field_values);
	conf_hooks_dispose(&c->deploy_hooks);
	conf_hooks_dispose(&c->pre_hooks);
	conf_hooks_dispose(&c->post_hooks);
	for (size_t i = 0; i < c->verify.n; i++)
		verify_target_dispose(&c->verify.item[i]);
	free(c->verify.item);
	for (size_t i = 0; i < c->targets; i++)
		conf_target_dispose(&c->target[i]);
	free(c->target);
}

struct csr_subject conf_subject(const struct conf_cert *c)
{
	return (struct csr_subject) {
		.common_name = c->common_name,
		.organization = c->organization,
		.organizational_unit = c->organizational_unit,
		.locality = c->locality,
		.state = c->state,
		.country = c->country,
	};
}
