#include "scm/json_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "scm/json_tree.h"
#include "scm/wire.h"

static bool add_cell(struct strlist *cells, const char *text, struct err *err)
{
	char cell[WIRE_TEXT_MAX + 1];

	json_printable(cell, sizeof(cell), text);
	return strlist_add(cells, cell) || err_memory(err);
}

static bool add_id(struct strlist *cells, uint64_t id, struct err *err)
{
	char number[24] = "";

	if (id)
		snprintf(number, sizeof(number), "%" PRIu64, id);
	return add_cell(cells, number, err);
}

/* An organization or a department; *id is its own. */
static bool add_unit(
	struct strlist *cells, uint64_t *id, const cJSON *entry, uint64_t parent, struct err *err)
{
	const char *name = "";

	return json_id(id, entry, "id", err) && json_string(&name, entry, "name", err) &&
	       add_id(cells, *id, err) && add_cell(cells, name, err) && add_id(cells, parent, err);
}

static bool add_organization(struct strlist *cells, const cJSON *entry, struct err *err)
{
	const cJSON *departments = NULL;
	const cJSON *department;
	uint64_t id = 0;
	uint64_t own = 0;

	if (!add_unit(cells, &id, entry, 0, err) ||
		!json_array(&departments, entry, "departments", err))
		return false;
	cJSON_ArrayForEach(department, departments)
	{
		if (!add_unit(cells, &own, department, id, err))
			return false;
	}
	return true;
}

/* "90,199" */
static bool add_terms(struct strlist *cells, const cJSON *profile, struct err *err)
{
	AUTO(buf) struct buf text = BUF(WIRE_TEXT_MAX);
	const cJSON *terms = NULL;
	const cJSON *term;
	int64_t days = 0;

	if (!json_array(&terms, profile, "terms", err))
		return false;
	cJSON_ArrayForEach(term, terms)
	{
		if (!json_integer(&days, term) || days < 1)
			return json_wrong("terms", "array of positive integers", err);
		buf_addf(&text, "%s%" PRId64, text.len ? "," : "", days);
	}
	if (!buf_ok(&text))
		return err_set(err, ERR_PROTOCOL, "member 'terms' is too long");
	return add_cell(cells, buf_str(&text), err);
}

static bool add_kinds(struct buf *text, const cJSON *algorithm, struct err *err)
{
	const cJSON *kind;

	if (!cJSON_IsArray(algorithm))
		return json_wrong("keyTypes", "object of arrays", err);
	cJSON_ArrayForEach(kind, algorithm)
	{
		if (!cJSON_IsString(kind))
			return json_wrong("keyTypes", "object of arrays of strings", err);
		buf_addf(text, "%s%s:%s", text->len ? "," : "", algorithm->string,
			kind->valuestring);
	}
	return true;
}

/* "RSA:2048,EC:P-256" */
static bool add_key_types(struct strlist *cells, const cJSON *profile, struct err *err)
{
	AUTO(buf) struct buf text = BUF(WIRE_TEXT_MAX);
	const cJSON *types = NULL;
	const cJSON *algorithm;

	if (!json_member(&types, profile, "keyTypes", err))
		return false;
	if (types && !cJSON_IsObject(types))
		return json_wrong("keyTypes", "object", err);
	cJSON_ArrayForEach(algorithm, types)
	{
		if (!add_kinds(&text, algorithm, err))
			return false;
	}
	if (!buf_ok(&text))
		return err_set(err, ERR_PROTOCOL, "member 'keyTypes' is too long");
	return add_cell(cells, buf_str(&text), err);
}

static bool add_profile(struct strlist *cells, const cJSON *entry, struct err *err)
{
	uint64_t id = 0;
	const char *name = "";

	return json_id(&id, entry, "id", err) && json_string(&name, entry, "name", err) &&
	       add_id(cells, id, err) && add_cell(cells, name, err) &&
	       add_terms(cells, entry, err) && add_key_types(cells, entry, err);
}

typedef bool add_entry_fn(struct strlist *cells, const cJSON *entry, struct err *err);

/* The rows of an array, all or nothing. */
static bool table(
	struct strlist *cells, add_entry_fn *add, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	AUTO(strlist) struct strlist rows = { 0 };
	const cJSON *entry;

	if (!json_parse_array(&root, text, len, err))
		return false;
	cJSON_ArrayForEach(entry, root)
	{
		if (!add(&rows, entry, err))
			return false;
	}
	strlist_dispose(cells);
	*cells = rows;
	rows = (struct strlist) { 0 };
	return true;
}

bool scm_json_organizations(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return table(cells, add_organization, text, len, err);
}

bool scm_json_profiles(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return table(cells, add_profile, text, len, err);
}
