#include "scm/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scm/json_tree.h"

bool scm_json_error(struct scm_error *out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	const cJSON *code = NULL;
	const char *description = "";
	int64_t n = 0;

	if (!json_parse_object(&root, text, len, err) || !json_member(&code, root, "code", err))
		return false;
	if (!code || !json_integer(&n, code))
		return json_wrong("code", "integer", err);
	if (!json_string(&description, root, "description", err))
		return false;
	out->code = n;
	json_printable(out->description, sizeof(out->description), description);
	return true;
}

static void decimal(char out[static SCM_ID_SIZE], uint64_t id)
{
	snprintf(out, SCM_ID_SIZE, "%" PRIu64, id);
}

bool scm_json_ssl_id(char out[static SCM_ID_SIZE], const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	uint64_t id = 0;

	if (!json_parse_object(&root, text, len, err) || !json_id(&id, root, "sslId", err))
		return false;
	decimal(out, id);
	return true;
}

bool scm_json_cert_id(char out[static SCM_ID_SIZE], const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	const char *id = "";

	if (!json_parse_object(&root, text, len, err) || !json_string(&id, root, "certId", err))
		return false;
	if (!*id)
		return err_set(err, ERR_PROTOCOL, "member 'certId' is missing");
	if (strlen(id) >= SCM_ID_SIZE)
		return err_set(err, ERR_PROTOCOL, "member 'certId' has more than %d bytes",
			SCM_ID_SIZE - 1);
	memcpy(out, id, strlen(id) + 1);
	return true;
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

	if (!json_parse_object(&root, text, len, err) || !json_own_id(&id, root, err) ||
		!json_string(&status, root, "status", err) ||
		!json_string(&serial, root, "serialNumber", err) ||
		!json_string(&comments, root, "comments", err))
		return false;
	out->comments = strdup(comments);
	if (!out->comments)
		return err_memory(err);
	decimal(out->id, id);
	json_printable(out->status, sizeof(out->status), status);
	json_serial(out->serial, sizeof(out->serial), serial);
	return true;
}

bool scm_json_status(struct scm_details *out, const char *text, size_t len, struct err *err)
{
	AUTO(json) cJSON *root = NULL;
	const char *status = "";

	if (!json_parse_object(&root, text, len, err) || !json_string(&status, root, "status", err))
		return false;
	out->comments = strdup("");
	if (!out->comments)
		return err_memory(err);
	out->id[0] = '\0';
	out->serial[0] = '\0';
	json_printable(out->status, sizeof(out->status), status);
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

	if (!json_parse_array(&root, text, len, err))
		return false;
	n = cJSON_GetArraySize(root);
	ids.id = calloc((size_t)n + 1, sizeof(*ids.id));
	if (!ids.id)
		return err_memory(err);
	cJSON_ArrayForEach(entry, root)
	{
		if (!json_own_id(&ids.id[ids.n], entry, err))
			return false;
		ids.n++;
	}
	*out = ids;
	ids.id = NULL;
	return true;
}
