/*
 * What is checked of an order before it is taken, in the order of the errors that come first.
 */
#include "csr.h"
#include "dcv_state.h"
#include "json.h"
#include "order_form.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define COMMENTS_LIMIT 1024
#define REQUESTER_LIMIT 512

/* Characters of UTF-8 TEXT. */
static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool valid_requesters(const char *list)
{
	AUTO(names) struct names mails = { 0 };

	names_add_list(&mails, list);
	for (size_t i = 0; i < mails.count; i++)
		if (mails.list[i].type != GEN_EMAIL)
			return false;
	return true;
}

static bool check_fields(const struct order_form *form, const struct call *call)
{
	if (!form->org_id)
		return reply_missing(call->reply, "orgId");
	if (!form->csr)
		return reply_missing(call->reply, "csr");
	if (form->comments && characters(form->comments) > COMMENTS_LIMIT)
		return reply_invalid(call->reply, "comments");
	if (form->requester && (characters(form->requester) > REQUESTER_LIMIT ||
				       !valid_requesters(form->requester)))
		return reply_invalid(call->reply, "externalRequester");
	return true;
}

/* Whether RECORD of the account (NULL: none) has no "refuse", the code that orders get. */
static bool check_record(const struct call *call, const cJSON *record, const char *name)
{
	int64_t code = json_int(record, "refuse", 0);

	return !code || reply_error(call->reply, 400, (int)code, name);
}

static bool check_organization(struct order_form *form, const struct call *call)
{
	const struct account *account = call->sim->account;
	AUTO(text) char *id = mem_format("%" PRId64, form->org_id);
	const cJSON *parent;

	form->organization = account_organization(&parent, account, form->org_id);
	if (!form->organization)
		return reply_error(call->reply, 400, -1023, id);
	if (!account_may_use(account, call->login, form->org_id))
		return reply_error(call->reply, 400, -37, NULL);
	if (!json_bool(form->organization, "sslCertsApiEnabled", false))
		return reply_error(
			call->reply, 400, -1021, json_text(form->organization, "name", id));
	if (!check_record(call, account_root(account), account_customer(account)) ||
		!check_record(
			call, form->organization, json_text(form->organization, "name", id)) ||
		!check_record(call, parent, json_text(parent, "name", id)))
		return false;
	if (parent)
		form->organization = parent;
	return true;
}

static bool check_profile(struct order_form *form, const struct call *call)
{
	const struct account *account = call->sim->account;
	AUTO(text) char *id = mem_format("%" PRId64, form->cert_type);

	if (form->cert_type <= 0)
		return reply_error(call->reply, 400, -39, NULL);
	form->profile = account_profile(account, form->cert_type);
	if (!form->profile || !account_offers(account, form->profile, form->org_id))
		return reply_error(call->reply, 400, -111, id);
	if (strcmp(json_text(form->profile, "kind", "ssl"), call_kind(call)))
		return reply_error(call->reply, 400, -111, id);
	if (!json_has_int(cJSON_GetObjectItemCaseSensitive(form->profile, "terms"), form->term))
		return reply_error(call->reply, 400, -36, NULL);
	return check_record(call, form->profile, json_text(form->profile, "name", id));
}

static bool check_custom_field(const struct call *call, const cJSON *fields, const cJSON *field)
{
	const cJSON *known = account_custom_fields(call->sim->account);
	const char *name, *value = "";

	if (json_get_text(&name, field, "name") != JSON_FOUND ||
		json_get_text(&value, field, "value") == JSON_WRONG)
		return reply_unparsable(call->reply);
	if (!*name || characters(name) > 256 || characters(value) > 256)
		return reply_invalid(call->reply, "customFields");
	if (!json_find_text(known, "name", name))
		return reply_error(call->reply, 400, -135, NULL);
	if (json_find_text(fields, "name", name) != field)
		return reply_error(call->reply, 400, -134, NULL);
	return true;
}

static bool check_custom_fields(const struct order_form *form, const struct call *call)
{
	const cJSON *field;

	for (field = json_first(form->custom_fields); field; field = field->next)
		if (!check_custom_field(call, form->custom_fields, field))
			return false;
	for (field = json_first(account_custom_fields(call->sim->account)); field;
		field = field->next) {
		const char *name = json_text(field, "name", "");
		const cJSON *given = json_find_text(form->custom_fields, "name", name);

		if (json_bool(field, "mandatory", false) && !*json_text(given, "value", ""))
			return reply_error(call->reply, 400, -62, NULL);
	}
	return true;
}

static bool check_host(const struct order_form *form, const struct call *call, const char *name)
{
	const struct account *account = call->sim->account;
	const cJSON *domain;

	if (!names_valid_host(name))
		return reply_error(call->reply, 400, -732, NULL);
	domain = account_domain_of(account, name, form->org_id);
	if (!domain || !account_delegated(account, domain, form->org_id))
		return reply_error(call->reply, 400, -1010, name);
	if (strcmp(json_text(domain, "state", "ACTIVE"), "ACTIVE"))
		return reply_error(call->reply, 400, -715, name);
	if (strcmp(dcv_state_status(call->sim, domain, call->now), "VALIDATED"))
		return reply_error(call->reply, 400, -107, name);
	return check_record(call, domain, name);
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

static bool check_names(struct order_form *form, const struct call *call)
{
	const cJSON *item;

	form->common_name = csr_common_name(form->request);
	if (!form->common_name || !*form->common_name)
		return reply_error(call->reply, 400, -138, NULL);
	if (form->wanted_name && strcasecmp(form->wanted_name, form->common_name))
		return reply_invalid(call->reply, "commonName");
	names_add_list(&form->names, form->common_name);
	names_add_list(&form->names, form->sans);
	for (item = json_first(form->san_array); item; item = item->next)
		names_add(&form->names, item->valuestring, strlen(item->valuestring));
	for (size_t i = 0; i < form->names.count; i++) {
		const struct name *name = &form->names.list[i];

		if (name->type == GEN_DNS && !strcmp(call_kind(call), "ssl") &&
			!check_host(form, call, name->text))
			return false;
		if (!printable(name->text) && !strcmp(call_kind(call), "ssl"))
			return reply_invalid(call->reply, "subjAltNames");
	}
	return true;
}

bool order_form_check(struct order_form *form, const struct call *call)
{
	return check_fields(form, call) && check_organization(form, call) &&
	       check_profile(form, call) && check_custom_fields(form, call) &&
	       csr_parse(&form->request, form->csr, call->reply) &&
	       csr_key_allowed(form->request, form->profile, call->reply) &&
	       check_names(form, call);
}

bool order_form_check_notes(const struct order_form *form, const struct call *call)
{
	return check_fields(form, call) && check_custom_fields(form, call);
}
