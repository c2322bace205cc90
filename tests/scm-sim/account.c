#include "account.h"

#include "account_default.h"
#include "file.h"
#include "json.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ACCOUNT_FILE "account.json"
#define ACCOUNT_LIMIT (4u << 20)

struct account {
	cJSON *root;
};

static const char *const lists[] = { "logins", "organizations", "profiles", "customFields",
	"domains" };

bool account_make(const char *dir, struct err *err)
{
	AUTO(text) char *path = file_path(dir, ACCOUNT_FILE);

	if (!access(path, F_OK))
		return true;
	return file_replace(path, account_default, strlen(account_default), 0600, err);
}

static bool check(const cJSON *root, const char *path, struct err *err)
{
	if (!cJSON_IsObject(root))
		return err_set(err, "'%s' is not a JSON object", path);
	if (!json_text(root, "customerUri", NULL))
		return err_set(err, "'%s': 'customerUri' is not a string", path);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, lists[i])))
			return err_set(err, "'%s': '%s' is not an array", path, lists[i]);
	return true;
}

bool account_load(struct account **out, const char *dir, struct err *err)
{
	AUTO(text) char *path = file_path(dir, ACCOUNT_FILE);
	AUTO(text) char *text = NULL;
	AUTO(json) cJSON *root = NULL;

	if (!file_read(&text, NULL, path, ACCOUNT_LIMIT, err))
		return false;
	root = json_parse(text, strlen(text));
	if (!check(root, path, err))
		return false;
	*out = mem_new(1, sizeof(**out));
	(*out)->root = TAKE(root);
	return true;
}

void account_free(struct account *account)
{
	if (account)
		cJSON_Delete(account->root);
	free(account);
}

static const cJSON *list(const struct account *account, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(account->root, name);
}

const char *account_customer(const struct account *account)
{
	return json_text(account->root, "customerUri", "");
}

const cJSON *account_organizations(const struct account *account)
{
	return list(account, "organizations");
}

const cJSON *account_profiles(const struct account *account)
{
	return list(account, "profiles");
}

const cJSON *account_custom_fields(const struct account *account)
{
	return list(account, "customFields");
}

const cJSON *account_domains(const struct account *account)
{
	return list(account, "domains");
}

const cJSON *account_root(const struct account *account)
{
	return account->root;
}

const cJSON *account_persons(const struct account *account)
{
	return list(account, "persons");
}

const cJSON *account_login(const struct account *account, const char *name)
{
	return json_find_text(list(account, "logins"), "login", name);
}

const cJSON *account_client(const struct account *account, const char *name)
{
	return json_find_text(list(account, "clients"), "clientId", name);
}

bool account_is_rest(const cJSON *caller)
{
	return cJSON_HasObjectItem(caller, "profile");
}

const cJSON *account_profile(const struct account *account, int64_t id)
{
	return json_find_int(account_profiles(account), "id", id);
}

cJSON *account_profile_view(const cJSON *profile)
{
	static const char *const own[] = { "organizations", "renewable", "refuse", "kind", "ev" };
	cJSON *view = cJSON_Duplicate(profile, true);

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		cJSON_DeleteItemFromObjectCaseSensitive(view, own[i]);
	return view;
}

const cJSON *account_domain(const struct account *account, int64_t id)
{
	return json_find_int(account_domains(account), "id", id);
}

const cJSON *account_organization(const cJSON **parent, const struct account *account, int64_t id)
{
	const cJSON *organization, *department;

	if (parent)
		*parent = NULL;
	for (organization = json_first(account_organizations(account)); organization;
		organization = organization->next) {
		if (json_int(organization, "id", -1) == id)
			return organization;
		department = json_find_int(
			cJSON_GetObjectItemCaseSensitive(organization, "departments"), "id", id);
		if (department && parent)
			*parent = organization;
		if (department)
			return department;
	}
	return NULL;
}

/* Whether LIST, an array of organization ids or absent for all, holds ID or its organization. */
static bool covers(const struct account *account, const cJSON *ids, int64_t id)
{
	const cJSON *parent;

	if (!cJSON_IsArray(ids) || json_has_int(ids, id))
		return true;
	account_organization(&parent, account, id);
	return parent && json_has_int(ids, json_int(parent, "id", -1));
}

bool account_may_use(const struct account *account, const cJSON *login, int64_t id)
{
	return covers(account, cJSON_GetObjectItemCaseSensitive(login, "organizations"), id);
}

bool account_offers(const struct account *account, const cJSON *profile, int64_t id)
{
	return covers(account, cJSON_GetObjectItemCaseSensitive(profile, "organizations"), id);
}

/* Whether DELEGATIONS have one to organization ID that nobody has yet to approve. */
static bool delegates(const cJSON *delegations, int64_t id)
{
	const cJSON *entry = json_find_int(delegations, "orgId", id);

	return entry && !strcmp(json_text(entry, "status", "ACTIVE"), "ACTIVE");
}

bool account_delegated(const struct account *account, const cJSON *domain, int64_t id)
{
	const cJSON *delegations = cJSON_GetObjectItemCaseSensitive(domain, "delegations");
	const cJSON *parent;

	if (!delegations || delegates(delegations, id))
		return true;
	account_organization(&parent, account, id);
	return parent && delegates(delegations, json_int(parent, "id", -1));
}

/* How well the domain PATTERN rules NAME: 0 not at all, else the longer the better. */
static size_t rank(const char *pattern, const char *name)
{
	size_t length = strlen(pattern), name_length = strlen(name);

	if (!strcasecmp(pattern, name))
		return length + 2;
	if (strncmp(pattern, "*.", 2) || name_length < length)
		return 0;
	return strcasecmp(name + name_length - (length - 1), pattern + 1) ? 0 : length + 1;
}

const cJSON *account_domain_of(const struct account *account, const char *name, int64_t id)
{
	const cJSON *domain, *best = NULL;
	size_t best_rank = 0;

	for (domain = json_first(account_domains(account)); domain; domain = domain->next) {
		size_t found = rank(json_text(domain, "name", ""), name);

		if (!found)
			continue;
		found = found * 2 + account_delegated(account, domain, id);
		if (found > best_rank) {
			best_rank = found;
			best = domain;
		}
	}
	return best;
}

cJSON *account_edit(struct account *account, const char *name)
{
	cJSON *entries = cJSON_GetObjectItemCaseSensitive(account->root, name);

	return entries ? entries : cJSON_AddArrayToObject(account->root, name);
}

bool account_save(const struct account *account, const char *dir, struct err *err)
{
	AUTO(text) char *path = file_path(dir, ACCOUNT_FILE);
	AUTO(text) char *text = cJSON_Print(account->root);

	return file_replace(path, text, strlen(text), 0600, err);
}
