#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/check.h"
#include "agent/credential.h"
#include "agent/expiry.h"
#include "agent/inventory.h"
#include "agent/profile.h"
#include "base/clock.h"
#include "base/log.h"
#include "csr/name.h"
#include "dcv/name.h"

#define WARNING (30 * 86400)
#define TEXT_MAX (ERR_TEXT_MAX + 128)

/* Columns of scm/wire.h's lists. */
enum { VALIDATION_DOMAIN, VALIDATION_STATUS, VALIDATION_EXPIRES = 4 };
enum { PASSWORD_STATE, PASSWORD_EXPIRES };
enum { ORGANIZATION_NAME = 1, ORGANIZATION_API };

struct account_check {
	struct check *k;
	const struct conf_account *a;
	char what[96]; /* the row's name */
};

static const char *name_row(struct account_check *ac, const char *of, const char *what)
{
	snprintf(ac->what, sizeof(ac->what), "%s: %s", of, what);
	return ac->what;
}

static const char *name_own(struct account_check *ac, const char *what)
{
	snprintf(ac->what, sizeof(ac->what), "account %s: %s", ac->a->name, what);
	return ac->what;
}

static bool list(
	struct table *out, struct account_check *ac, enum wire_list_kind kind, struct err *err)
{
	struct wire_list what = { .kind = kind };

	if (kind == WIRE_LIST_PROFILES || kind == WIRE_LIST_ORGANIZATION)
		what.org_id = ac->a->organization_id;
	log_progress("asking SCM: %s", ac->what);
	return inventory_list(out, ac->k->run->net, ac->a, &what, err);
}

/* A row for a list that this login may not see: nothing can be told, and nothing is wrong. */
static void unseen(struct account_check *ac, const struct err *err)
{
	if (err->kind == ERR_REJECTED)
		check_row(ac->k, ac->what, "warn", err->text);
	else
		check_bad(ac->k, ac->what, err);
}

static void check_end(struct account_check *ac, int64_t end, const char *remedy)
{
	int64_t left = end - clock_now();
	char text[TEXT_MAX];
	char when[CLOCK_TEXT_MAX];
	char span[CLOCK_TEXT_MAX];
	struct err err = { 0 };

	if (left <= 0) {
		err_set(&err, ERR_AUTH, "expired on %s; %s", clock_format(when, end), remedy);
		check_bad(ac->k, ac->what, &err);
		return;
	}
	snprintf(text, sizeof(text), "valid until %s, %s left%s%s", clock_format(when, end),
		clock_format_span(span, left), left < WARNING ? "; " : "",
		left < WARNING ? remedy : "");
	check_row(ac->k, ac->what, left < WARNING ? "warn" : "ok", text);
}

static void check_client_certificate(struct account_check *ac)
{
	AUTO(buf) struct buf remedy = BUF(ERR_TEXT_MAX);
	struct expiry e = { .not_after = net_client_not_after(ac->k->run->net, ac->a) };

	/* one that is not tried again may be known from before */
	if (!e.not_after && !expiry_of(&e, ac->k->run->store, ac->a))
		return;
	name_own(ac, "client certificate");
	expiry_remedy(&remedy, ac->k->run, ac->a);
	check_end(ac, e.not_after, buf_str(&remedy));
}

/* One that waits for SCM to be told its number, however long the old one lasts. */
static void check_candidate(struct account_check *ac)
{
	const struct run *run = ac->k->run;
	const struct conf_cert *cert = credential_cert(run->conf, ac->a);
	AUTO(situation) struct situation s = { 0 };
	struct err ignored = { 0 };

	/* what can't be read has a row of its own */
	if (!cert || !situation_read(&s, run->store, cert->name, &ignored) || !s.unaccepted.found)
		return;
	name_own(ac, "new client certificate");
	check_row(ac->k, ac->what, "warn", record_get(&s.unaccepted.r, "message"));
}

/* After the first call to SCM, which alone tells whether it takes the credential. */
static bool check_credential(struct account_check *ac, const struct err *said)
{
	const struct conf_account *a = ac->a;

	name_own(ac, "credential");
	if (said->kind == ERR_AUTH)
		check_bad(ac->k, ac->what, said);
	else
		check_good(ac->k, ac->what,
			a->store_token ? a->store_token->name
			: a->store     ? a->store
				       : a->login);
	check_client_certificate(ac);
	check_candidate(ac);
	return said->kind != ERR_AUTH;
}

static bool check_organization(struct account_check *ac)
{
	AUTO(table) struct table t = { 0 };
	struct err err = { 0 };
	char id[24];
	bool listed;
	long row;

	name_own(ac, "organization");
	listed = list(&t, ac, WIRE_LIST_ORGANIZATIONS, &err);
	if (!check_credential(ac, &err))
		return false;
	name_own(ac, "organization");
	if (!listed) {
		check_bad(ac->k, ac->what, &err);
		return err.kind == ERR_REJECTED;
	}
	snprintf(id, sizeof(id), "%" PRIu64, ac->a->organization_id);
	row = table_find(&t, 0, id);
	if (row >= 0) {
		check_good(ac->k, ac->what, table_cell(&t, (size_t)row, ORGANIZATION_NAME));
		return true;
	}
	err_set(&err, ERR_CONFIG,
		"organization_id %s is not among the %zu organizations and departments that login "
		"%s may see; correct it, or give the administrator the role for it in SCM",
		id, table_rows(&t), ac->a->login);
	check_bad(ac->k, ac->what, &err);
	return true;
}

/* Departments have no details of their own, and not every role may read them: then it is unknown.
 */
static void check_web_api(struct account_check *ac)
{
	AUTO(table) struct table t = { 0 };
	struct err err = { 0 };
	const char *enabled;

	name_own(ac, "Web API");
	if (!list(&t, ac, WIRE_LIST_ORGANIZATION, &err)) {
		if (err.kind != ERR_REJECTED)
			check_bad(ac->k, ac->what, &err);
		return;
	}
	enabled = table_rows(&t) ? table_cell(&t, 0, ORGANIZATION_API) : "";
	if (!strcmp(enabled, "yes"))
		check_good(ac->k, ac->what, "enabled for SSL certificates");
	if (strcmp(enabled, "no") != 0)
		return;
	err_set(&err, ERR_CONFIG,
		"is off for organization %" PRIu64
		"; in SCM, edit the organization and switch on 'Enable Web/REST API' for SSL "
		"certificates",
		ac->a->organization_id);
	check_bad(ac->k, ac->what, &err);
}

static void check_password(struct account_check *ac)
{
	AUTO(table) struct table t = { 0 };
	struct err err = { 0 };
	const char *state;
	int64_t end;

	if (ac->a->auth != CONF_PASSWORD)
		return;
	name_own(ac, "password");
	if (!list(&t, ac, WIRE_LIST_PASSWORD, &err)) {
		unseen(ac, &err);
		return;
	}
	if (!table_rows(&t))
		return;
	state = table_cell(&t, 0, PASSWORD_STATE);
	end = clock_parse_day(table_cell(&t, 0, PASSWORD_EXPIRES));
	if (!strcmp(state, "NEVER_EXPIRE")) {
		check_good(ac->k, ac->what, "never expires");
	} else if (!strcmp(state, "EXPIRED")) {
		err_set(&err, ERR_AUTH,
			"is expired; set a new one in SCM, and write it to password_file");
		check_bad(ac->k, ac->what, &err);
	} else if (end) {
		check_end(ac, end, "set a new one in SCM, and write it to password_file");
	}
}

/* What another host orders needs nothing of this account. */
static bool orders_here(const struct account_check *ac, const struct conf_cert *cert)
{
	return cert->account == ac->a && !cert->follow.path;
}

static void check_profiles(struct account_check *ac)
{
	AUTO(table) struct table profiles = { 0 };
	AUTO(table) struct table fields = { 0 };
	const struct conf *conf = ac->k->c->conf;
	struct err err = { 0 };
	bool has_fields;

	name_own(ac, "custom fields");
	has_fields = list(&fields, ac, WIRE_LIST_FIELDS, &err);
	if (!has_fields)
		unseen(ac, &err);
	name_own(ac, "profiles");
	if (!list(&profiles, ac, WIRE_LIST_PROFILES, &err)) {
		unseen(ac, &err);
		return;
	}
	for (size_t i = 0; i < conf->certs; i++) {
		const struct conf_cert *cert = &conf->cert[i];
		uint64_t id;
		size_t row;

		if (!orders_here(ac, cert))
			continue;
		name_row(ac, cert->name, "profile");
		if (profile_judge(&id, cert, &profiles, has_fields ? &fields : NULL, &err) &&
			profile_find(&row, cert, &profiles, &err))
			check_good(ac->k, ac->what, table_cell(&profiles, row, PROFILE_NAME));
		else
			check_bad(ac->k, ac->what, &err);
	}
}

/* `said`: which validated ones have a row already; several names may be below one. */
static void check_domain(struct account_check *ac, const struct table *t,
	const struct strlist *domains, const char *name, struct strlist *said)
{
	const char *domain = dcv_domain_of(domains, name);
	long row = domain ? table_find(t, VALIDATION_DOMAIN, domain) : -1;
	char text[TEXT_MAX];
	const char *status;

	if (row < 0) {
		snprintf(text, sizeof(text),
			"%.100s is below no domain of the account; a public CA will refuse it: add "
			"the domain in SCM",
			name);
		check_row(ac->k, ac->what, "warn", text);
		return;
	}
	status = table_cell(t, (size_t)row, VALIDATION_STATUS);
	if (strcmp(status, "VALIDATED") != 0) {
		snprintf(text, sizeof(text),
			"%.100s is %s; a public CA will refuse %.60s: validate it, see scm-agent "
			"dcv --help",
			domain, status, name);
		check_row(ac->k, ac->what, "warn", text);
		return;
	}
	if (strlist_has(said, domain))
		return;
	(void)!strlist_add(said, domain); /* without memory it is said twice */
	snprintf(text, sizeof(text), "%.100s is validated until %.40s", domain,
		table_cell(t, (size_t)row, VALIDATION_EXPIRES));
	check_good(ac->k, ac->what, text);
}

/* Private CAs need no validation, so nothing of it fails. */
static void check_domains(struct account_check *ac)
{
	AUTO(table) struct table t = { 0 };
	AUTO(strlist) struct strlist domains = { 0 };
	const struct conf *conf = ac->k->c->conf;
	struct err err = { 0 };

	name_own(ac, "domains");
	if (!list(&t, ac, WIRE_LIST_VALIDATIONS, &err)) {
		unseen(ac, &err);
		return;
	}
	for (size_t i = 0; i < table_rows(&t); i++)
		if (!strlist_add(&domains, table_cell(&t, i, VALIDATION_DOMAIN)))
			return;
	for (size_t i = 0; i < conf->certs; i++) {
		const struct conf_cert *cert = &conf->cert[i];
		AUTO(strlist) struct strlist said = { 0 };

		for (size_t n = 0; orders_here(ac, cert) && n < cert->names.n; n++) {
			if (strncmp(cert->names.item[n], "dns:", 4))
				continue;
			name_row(ac, cert->name, "domain");
			check_domain(ac, &t, &domains, csr_name_value(cert->names.item[n]), &said);
		}
	}
}

/* It has no lists; an order that does not exist is refused by whoever knows us. */
static void check_enrollment(struct account_check *ac)
{
	AUTO(answer) struct answer answer = { 0 };
	struct wire_request r = { .op = WIRE_DETAILS, .order = { "scm-agent-check" } };
	struct err err = { 0 };
	bool answered;

	name_own(ac, "connection");
	log_progress("asking SCM: %s", ac->what);
	answered = net_call(&answer, ac->k->run->net, ac->a, &r, &err) || err.kind == ERR_REJECTED;
	if (!check_credential(ac, &err))
		return;
	name_own(ac, "connection");
	if (answered)
		check_good(ac->k, ac->what, ac->a->url);
	else
		check_bad(ac->k, ac->what, &err);
}

void check_account(struct check *k, const struct conf_account *a)
{
	struct account_check ac = { .k = k, .a = a };
	struct fetcher *fetcher;
	struct err err = { 0 };

	name_own(&ac, "credential");
	if (!net_account(&fetcher, k->run->net, a, &err)) {
		check_bad(k, ac.what, &err);
		check_client_certificate(&ac);
		check_candidate(&ac);
		return;
	}
	if (a->api == CONF_ENROLLMENT) {
		check_enrollment(&ac);
	} else if (check_organization(&ac)) {
		check_web_api(&ac);
		check_password(&ac);
		check_profiles(&ac);
		check_domains(&ac);
	}
	log_progress_done();
}
