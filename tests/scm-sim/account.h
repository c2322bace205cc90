/*
 * The customer's account: logins and OAuth2 clients, and the organizations, profiles, custom fields
 * and domains that exist. It lives in DIR/account.json, is made with defaults on the first start,
 * and may be edited while the server runs. Records are the JSON objects of the file, borrowed from
 * the account.
 */
#ifndef SIM_ACCOUNT_H
#define SIM_ACCOUNT_H

#include "err.h"

struct account;

/* Writes the default account to DIR/account.json when there is none. */
MUST bool account_make(const char *dir, struct err *err);

/* Reads DIR/account.json; owned, freed with account_free(). */
MUST bool account_load(struct account **out, const char *dir, struct err *err);

void account_free(struct account *account);

const char *account_customer(const struct account *account);

/* The lists, in the file's order. */
const cJSON *account_organizations(const struct account *account);
const cJSON *account_profiles(const struct account *account);
const cJSON *account_custom_fields(const struct account *account);
const cJSON *account_domains(const struct account *account);

/* The account itself, for members that it may have: dcvEnabled, refuse. */
const cJSON *account_root(const struct account *account);

/* The persons; NULL when the account has no list of them. */
const cJSON *account_persons(const struct account *account);

/* One record, or NULL. */
const cJSON *account_login(const struct account *account, const char *name);
const cJSON *account_client(const struct account *account, const char *name);
const cJSON *account_profile(const struct account *account, int64_t id);
const cJSON *account_domain(const struct account *account, int64_t id);

/* The organization or department ID; PARENT (may be NULL) is set to a department's organization. */
const cJSON *account_organization(const cJSON **parent, const struct account *account, int64_t id);

/* PROFILE as the API shows it, without what only the simulator knows; owned. */
cJSON *account_profile_view(const cJSON *profile);

/* Whether LOGIN may act for organization or department ID. */
bool account_may_use(const struct account *account, const cJSON *login, int64_t id);

/* Whether PROFILE is offered to organization or department ID. */
bool account_offers(const struct account *account, const cJSON *profile, int64_t id);

/*
 * The domain record that rules host NAME for organization ID: the one of that name, else the
 * longest wildcard above it; a record delegated to ID before others. NULL when there is none.
 */
const cJSON *account_domain_of(const struct account *account, const char *name, int64_t id);

/* Whether DOMAIN is delegated to organization ID or to its parent. */
bool account_delegated(const struct account *account, const cJSON *domain, int64_t id);

/* Whether CALLER is a client that the Enrollment API knows as a REST account, and no other. */
bool account_is_rest(const cJSON *caller);

/* The list NAME (one that is not there is added), to be changed and saved; borrowed. */
cJSON *account_edit(struct account *account, const char *name);

/* Writes DIR/account.json. */
MUST bool account_save(const struct account *account, const char *dir, struct err *err);

#endif
