#include "scm/json_table.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "scm/json.h"
#include "scm/json_cells.h"
#include "scm/wire.h"

/* An organization or a department; *id is its own. */
static bool add_unit(
	struct strlist *cells, uint64_t *id, const cJSON *entry, uint64_t parent, struct err *err)
{
	const char *name = "";

	return json_id(id, entry, "id", err) && json_string(&name, entry, "name", err) &&
	       json_cell_id(cells, *id, err) && json_cell(cells, name, err) &&
	       json_cell_id(cells, parent, err);
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

/* "" when SCM doesn't say. */
static bool add_enabled(struct strlist *cells, const cJSON *entry, struct err *err)
{
	const cJSON *enabled = NULL;

	if (!json_member(&enabled, entry, "sslCertsApiEnabled", err))
		return false;
	if (enabled && !cJSON_IsBool(enabled))
		return json_wrong("sslCertsApiEnabled", "boolean", err);
	return json_cell(cells, !enabled ? "" : cJSON_IsTrue(enabled) ? "yes" : "no", err);
}

static bool add_details(struct strlist *cells, const cJSON *entry, struct err *err)
{
	uint64_t id = 0;

	return json_id(&id, entry, "id", err) && json_cell_id(cells, id, err) &&
	       json_cell_string(cells, entry, "name", err) && add_enabled(cells, entry, err);
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
	return json_cell(cells, buf_str(&text), err);
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
	return json_cell(cells, buf_str(&text), err);
}

static bool add_profile(struct strlist *cells, const cJSON *entry, struct err *err)
{
	uint64_t id = 0;
	const char *name = "";

	return json_id(&id, entry, "id", err) && json_string(&name, entry, "name", err) &&
	       json_cell_id(cells, id, err) && json_cell(cells, name, err) &&
	       add_terms(cells, entry, err) && add_key_types(cells, entry, err);
}

/* The newer call says for each way to order whether a field has to be filled. */
static bool is_mandatory_by_rest(bool *out, const cJSON *entry, struct err *err)
{
	const cJSON *ways = NULL;
	const cJSON *way;

	if (!json_array(&ways, entry, "mandatories", err))
		return false;
	cJSON_ArrayForEach(way, ways)
	{
		if (!cJSON_IsString(way))
			return json_wrong("mandatories", "array of strings", err);
		*out = *out || json_same_word(way->valuestring, "REST_API");
	}
	return true;
}

static bool add_field(struct strlist *cells, const cJSON *entry, struct err *err)
{
	const cJSON *mandatory = NULL;
	bool needed = false;
	uint64_t id = 0;

	if (!json_optional_id(&id, entry, "id", err) || !json_cell_id(cells, id, err) ||
		!json_cell_string(cells, entry, "name", err) ||
		!json_member(&mandatory, entry, "mandatory", err) ||
		!is_mandatory_by_rest(&needed, entry, err))
		return false;
	if (mandatory && !cJSON_IsBool(mandatory))
		return json_wrong("mandatory", "boolean", err);
	needed = needed || cJSON_IsTrue(mandatory);
	return json_cell(cells, needed ? "yes" : "no", err);
}

static bool add_domain(struct strlist *cells, const cJSON *entry, struct err *err)
{
	uint64_t id = 0;

	return json_id(&id, entry, "id", err) && json_cell_id(cells, id, err) &&
	       json_cell_string(cells, entry, "name", err);
}

static bool add_certificate(struct strlist *cells, const cJSON *entry, struct err *err)
{
	struct json_words names = { 0 };
	char serial[SCM_SERIAL_MAX];
	char cell[sizeof(names.text) + 4];
	const char *text = "";
	uint64_t id = 0;

	if (!json_own_id(&id, entry, err) || !json_string(&text, entry, "serialNumber", err) ||
		!json_words_add(&names, entry, "subjectAlternativeNames", err))
		return false;
	json_serial(serial, sizeof(serial), text);
	snprintf(cell, sizeof(cell), "%s%s", names.text, names.cut ? " ..." : "");
	return json_cell_id(cells, id, err) && json_cell_string(cells, entry, "commonName", err) &&
	       json_cell(cells, serial, err) && (strlist_add(cells, cell) || err_memory(err));
}

static bool add_password(struct strlist *cells, const cJSON *entry, struct err *err)
{
	static const char *const states[] = { "ALIVE", "EXPIRED", "NEVER_EXPIRE", NULL };

	return json_cell_word(cells, entry, "state", states, err) &&
	       json_cell_string(cells, entry, "expirationDate", err);
}

/* ---- lists ----------------------------------------------------------------------------------- */

bool scm_json_organizations(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_rows(cells, add_organization, text, len, err);
}

bool scm_json_profiles(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_rows(cells, add_profile, text, len, err);
}

bool scm_json_organization(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_row(cells, add_details, text, len, err);
}

bool scm_json_fields(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_rows(cells, add_field, text, len, err);
}

bool scm_json_domains(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_rows(cells, add_domain, text, len, err);
}

bool scm_json_certificates(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_rows(cells, add_certificate, text, len, err);
}

bool scm_json_password(struct strlist *cells, const char *text, size_t len, struct err *err)
{
	return json_row(cells, add_password, text, len, err);
}
