#include "agent/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define LISTING_MAX 240

static bool in_list(const char *list, const char *item)
{
	AUTO(strlist) struct strlist items = { 0 };

	return strlist_split(&items, list, ',') && strlist_has(&items, item);
}

/* SCM spells key types "RSA:2048" and "EC:P-256"; ours are lower case before the colon. */
static bool allows_key_type(const char *list, enum ks_key_type type)
{
	const char *ours = ks_key_type_name(type);
	char theirs[32];

	snprintf(theirs, sizeof(theirs), "%s%s", !strncmp(ours, "rsa", 3) ? "RSA" : "EC",
		strchr(ours, ':'));
	return !*list || in_list(list, theirs);
}

/* "1018 'SSL basic', ..." of the rows with that name, or of all for NULL, as far as they fit. */
static void add_profiles(struct buf *out, const struct table *profiles, const char *name)
{
	for (size_t i = 0; i < table_rows(profiles); i++) {
		const char *own = table_cell(profiles, i, PROFILE_NAME);

		if (name && strcmp(own, name) != 0)
			continue;
		if (out->len > LISTING_MAX) {
			buf_add_str(out, ", ...");
			return;
		}
		buf_addf(out, "%s%s '%.64s'", out->len ? ", " : "",
			table_cell(profiles, i, PROFILE_ID), own);
	}
}

static bool not_offered(const struct conf_cert *cert, const struct table *profiles, struct err *err)
{
	AUTO(buf) struct buf there = BUF(2 * LISTING_MAX);

	add_profiles(&there, profiles, NULL);
	return err_set(err, ERR_CONFIG,
		"profile %s is not offered to the organization; offered are: %s", cert->profile,
		there.len ? buf_str(&there) : "none; see Enrollment, Certificate Profiles in SCM");
}

static bool ambiguous(const struct conf_cert *cert, const struct table *profiles, struct err *err)
{
	AUTO(buf) struct buf there = BUF(2 * LISTING_MAX);

	add_profiles(&there, profiles, cert->profile);
	return err_set(err, ERR_CONFIG, "profile '%s' is ambiguous; write the number: %s",
		cert->profile, buf_str(&there));
}

bool profile_find(
	size_t *row, const struct conf_cert *cert, const struct table *profiles, struct err *err)
{
	uint32_t column = cert->profile_id ? PROFILE_ID : PROFILE_NAME;
	bool found = false;

	for (size_t i = 0; i < table_rows(profiles); i++) {
		if (strcmp(table_cell(profiles, i, column), cert->profile) != 0)
			continue;
		if (found && strcmp(table_cell(profiles, *row, PROFILE_ID),
				     table_cell(profiles, i, PROFILE_ID)) != 0)
			return ambiguous(cert, profiles, err);
		*row = i;
		found = true;
	}
	return found || not_offered(cert, profiles, err);
}

static bool judge_profile(
	uint64_t *id, const struct conf_cert *cert, const struct table *profiles, struct err *err)
{
	const char *terms;
	const char *types;
	char term[24];
	size_t row = 0;

	if (!profile_find(&row, cert, profiles, err))
		return false;
	terms = table_cell(profiles, row, PROFILE_TERMS);
	types = table_cell(profiles, row, PROFILE_KEY_TYPES);
	snprintf(term, sizeof(term), "%" PRIu64, cert->term);
	if (*terms && !in_list(terms, term))
		return err_set(err, ERR_CONFIG, "term %s is not one of profile %s's terms: %s",
			term, cert->profile, terms);
	if (!allows_key_type(types, cert->key_type))
		return err_set(err, ERR_CONFIG,
			"profile %s does not allow key_type %s; it allows %s", cert->profile,
			ks_key_type_name(cert->key_type), types);
	*id = strtoull(table_cell(profiles, row, PROFILE_ID), NULL, 10);
	return true;
}

static bool judge_fields(const struct conf_cert *cert, const struct table *fields, struct err *err)
{
	for (size_t i = 0; i < table_rows(fields); i++) {
		const char *name = table_cell(fields, i, FIELD_NAME);
		long at = strlist_find(&cert->field_names, name);

		if (strcmp(table_cell(fields, i, FIELD_MANDATORY), "yes") != 0)
			continue;
		if (at < 0 || !*cert->field_values.item[at])
			return err_set(err, ERR_CONFIG,
				"custom field '%s' is mandatory at SCM; set custom_field.%s", name,
				name);
	}
	return true;
}

bool profile_judge(uint64_t *id, const struct conf_cert *cert, const struct table *profiles,
	const struct table *fields, struct err *err)
{
	*id = cert->profile_id;
	if (!profiles && !cert->profile_id)
		return err_set(err, ERR_CONFIG,
			"profile '%s' can't be looked up: SCM lists no profiles for this login; "
			"write its number",
			cert->profile);
	if (profiles && !judge_profile(id, cert, profiles, err))
		return false;
	return !fields || judge_fields(cert, fields, err);
}
