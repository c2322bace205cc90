#include "scm/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/buf.h"
#include "scm/json_text.h"
#include "scm/wire.h"

#define NUMBER_MAX ((double)(INT64_C(1) << 53)) /* above it a double skips integers */

AUTO_DEFINE(json, cJSON *, cJSON_Delete);

static bool parse(cJSON **out, const char *text, size_t len, struct err *err)
{
	const char *end = NULL;
	cJSON *root;

	if (!json_look_over(text, len, err))
		return false;
	root = cJSON_ParseWithLengthOpts(text, len, &end, false);
	while (root && end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (root && end == text + len) {
		*out = root;
		return true;
	}
	cJSON_Delete(root);
	return err_set(err, ERR_PROTOCOL, "no JSON at byte %zu", end ? (size_t)(end - text) : 0);
}

static bool parse_object(cJSON **out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;

	if (!parse(&root, text, len, err))
		return false;
	if (!cJSON_IsObject(root))
		return err_set(err, ERR_PROTOCOL, "the JSON is no object");
	*out = TAKE(root);
	return true;
}

static bool parse_array(cJSON **out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;

	if (!parse(&root, text, len, err))
		return false;
	if (!cJSON_IsArray(root))
		return err_set(err, ERR_PROTOCOL, "the JSON is no array");
	*out = TAKE(root);
	return true;
}

/* ---- members --------------------------------------------------------------------------------- */

/* *out is NULL when the member is absent or null: SCM uses both for the same. */
static bool member(const cJSON **out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *found = NULL;
	const cJSON *child;

	if (!cJSON_IsObject(object))
		return err_set(err, ERR_PROTOCOL, "an entry that is no object");
	cJSON_ArrayForEach(child, object)
	{
		if (strcmp(child->string, name))
			continue;
		if (found)
			return err_set(err, ERR_PROTOCOL, "member '%s' stands twice", name);
		found = child;
	}
	*out = cJSON_IsNull(found) ? NULL : found;
	return true;
}

static bool wrong(const char *name, const char *wanted, struct err *err)
{
	return err_set(err, ERR_PROTOCOL, "member '%s' is no %s", name, wanted);
}

static bool to_integer(int64_t *out, const cJSON *item)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble > -NUMBER_MAX) ||
		!(item->valuedouble < NUMBER_MAX) ||
		(double)(int64_t)item->valuedouble != item->valuedouble)
		return false;
	*out = (int64_t)item->valuedouble;
	return true;
}

/* A positive id; *out stays as it was when the member is absent. */
static bool optional_id(uint64_t *out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *item = NULL;
	int64_t n = 0;

	if (!member(&item, object, name, err))
		return false;
	if (!item)
		return true;
	if (!to_integer(&n, item) || n < 1)
		return wrong(name, "positive integer", err);
	*out = (uint64_t)n;
	return true;
}

static bool required_id(uint64_t *out, const cJSON *object, const char *name, struct err *err)
{
	uint64_t id = 0;

	if (!optional_id(&id, object, name, err))
		return false;
	if (!id)
		return err_set(err, ERR_PROTOCOL, "member '%s' is missing", name);
	*out = id;
	return true;
}

/* An entry's own id: "sslId" is the older name of "id", and some answers have both. */
static bool own_id(uint64_t *out, const cJSON *object, struct err *err)
{
	uint64_t id = 0;

	if (!optional_id(&id, object, "sslId", err) || !optional_id(&id, object, "id", err))
		return false;
	if (!id)
		return err_set(err, ERR_PROTOCOL, "member 'id' is missing");
	*out = id;
	return true;
}

/* "" when absent or null. Borrowed from the tree. */
static bool optional_string(
	const char **out, const cJSON *object, const char *name, struct err *err)
{
	const cJSON *item = NULL;

	if (!member(&item, object, name, err))
		return false;
	if (item && !cJSON_IsString(item))
		return wrong(name, "string", err);
	*out = item ? item->valuestring : "";
	return true;
}

/* An empty array when absent or null. */
static bool optional_array(
	const cJSON **out, const cJSON *object, const char *name, struct err *err)
{
	static const cJSON none = { .type = cJSON_Array };
	const cJSON *item = NULL;

	if (!member(&item, object, name, err))
		return false;
	if (item && !cJSON_IsArray(item))
		return wrong(name, "array", err);
	*out = item ? item : &none;
	return true;
}

/* Printable, and cut at a whole escape so that it fits. */
static void printable(char *out, size_t size, const char *s)
{
	size_t used = 0;

	while (*s) {
		AUTO(buf) struct buf piece = BUF(32);
		size_t step = 1;

		while (step < 4 && ((unsigned char)s[step] & 0xc0) == 0x80)
			step++;
		buf_add_printable(&piece, s, step);
		if (!buf_ok(&piece) || used + piece.len >= size)
			break;
		memcpy(out + used, piece.data, piece.len);
		used += piece.len;
		s += step;
	}
	out[used] = '\0';
}

/* ---- answers --------------------------------------------------------------------------------- */

bool scm_json_error(struct scm_error *out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	const cJSON *code = NULL;
	const char *description = "";
	int64_t n = 0;

	if (!parse_object(&root, text, len, err) || !member(&code, root, "code", err))
		return false;
	if (!code || !to_integer(&n, code))
		return wrong("code", "integer", err);
	if (!optional_string(&description, root, "description", err))
		return false;
	out->code = n;
	printable(out->description, sizeof(out->description), description);
	return true;
}

bool scm_json_enrolled(uint64_t *ssl_id, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;

	return parse_object(&root, text, len, err) && required_id(ssl_id, root, "sslId", err);
}

/* "00:a9:3E" -> "A93E". Anything that is no serial number at all is left out. */
static void normal_serial(char out[static SCM_SERIAL_MAX], const char *s)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t used = 0;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (; *s && used < SCM_SERIAL_MAX - 1; s++) {
		bool upper = *s >= 'a' && *s <= 'f';

		if (*s == ':' || (*s == '0' && !used))
			continue;
		if (!strchr(digits, *s))
			break;
		out[used++] = (char)(upper ? *s - 'a' + 'A' : *s);
	}
	out[*s ? 0 : used] = '\0';
}

void scm_details_dispose(struct scm_details *d)
{
	free(d->comments);
	*d = (struct scm_details) { 0 };
}

bool scm_json_details(struct scm_details *out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	uint64_t id = 0;
	const char *status = "";
	const char *serial = "";
	const char *comments = "";

	if (!parse_object(&root, text, len, err) || !own_id(&id, root, err) ||
		!optional_string(&status, root, "status", err) ||
		!optional_string(&serial, root, "serialNumber", err) ||
		!optional_string(&comments, root, "comments", err))
		return false;
	out->comments = strdup(comments);
	if (!out->comments)
		return err_memory(err);
	out->ssl_id = id;
	printable(out->status, sizeof(out->status), status);
	normal_serial(out->serial, serial);
	return true;
}

void scm_ids_dispose(struct scm_ids *ids)
{
	free(ids->id);
	*ids = (struct scm_ids) { 0 };
}

bool scm_json_ids(struct scm_ids *out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	AUTO(scm_ids) struct scm_ids ids = { 0 };
	const cJSON *entry;
	int n;

	if (!parse_array(&root, text, len, err))
		return false;
	n = cJSON_GetArraySize(root);
	ids.id = calloc((size_t)n + 1, sizeof(*ids.id));
	if (!ids.id)
		return err_memory(err);
	cJSON_ArrayForEach(entry, root)
	{
		if (!own_id(&ids.id[ids.n], entry, err))
			return false;
		ids.n++;
	}
	*out = ids;
	ids.id = NULL;
	return true;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static bool add_cell(struct strlist *cells, const char *text, struct err *err)
{
	char cell[WIRE_TEXT_MAX + 1];

	printable(cell, sizeof(cell), text);
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

	return required_id(id, entry, "id", err) && optional_string(&name, entry, "name", err) &&
	       add_id(cells, *id, err) && add_cell(cells, name, err) && add_id(cells, parent, err);
}

static bool add_organization(struct strlist *cells, const cJSON *entry, struct err *err)
{
	const cJSON *departments = NULL;
	const cJSON *department;
	uint64_t id = 0;
	uint64_t own = 0;

	if (!add_unit(cells, &id, entry, 0, err) ||
		!optional_array(&departments, entry, "departments", err))
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

	if (!optional_array(&terms, profile, "terms", err))
		return false;
	cJSON_ArrayForEach(term, terms)
	{
		if (!to_integer(&days, term) || days < 1)
			return wrong("terms", "array of positive integers", err);
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
		return wrong("keyTypes", "object of arrays", err);
	cJSON_ArrayForEach(kind, algorithm)
	{
		if (!cJSON_IsString(kind))
			return wrong("keyTypes", "object of arrays of strings", err);
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

	if (!member(&types, profile, "keyTypes", err))
		return false;
	if (types && !cJSON_IsObject(types))
		return wrong("keyTypes", "object", err);
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

	return required_id(&id, entry, "id", err) && optional_string(&name, entry, "name", err) &&
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

	if (!parse_array(&root, text, len, err))
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
