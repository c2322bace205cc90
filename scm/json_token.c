#include "scm/json_token.h"

#include <string.h>
#include <strings.h>

#include "scm/json_tree.h"

/* cJSON has a copy of every string: none of them stays behind. */
static void wipe(cJSON *item)
{
	cJSON *child;

	if (cJSON_IsString(item))
		explicit_bzero(item->valuestring, strlen(item->valuestring));
	cJSON_ArrayForEach(child, item)
	{
		if (cJSON_IsString(child))
			explicit_bzero(child->valuestring, strlen(child->valuestring));
	}
	cJSON_Delete(item);
}
AUTO_DEFINE(secret_json, cJSON *, wipe);

static bool is_token(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "-._~+/");

	return len && !s[len + strspn(s + len, "=")] && strlen(s) <= SCM_TOKEN_MAX;
}

/* Some answers leave the type out; another type would be used in another way. */
static bool check_type(const cJSON *root, struct err *err)
{
	const char *type = "";

	if (!json_string(&type, root, "token_type", err))
		return false;
	return !*type || !strcasecmp(type, "Bearer") || json_wrong("token_type", "'Bearer'", err);
}

bool scm_json_token(
	struct secret **token, int64_t *seconds, const char *text, size_t len, struct err *err)
{
	AUTO(secret_json) cJSON *root = NULL;
	const cJSON *expires = NULL;
	const char *value = "";
	int64_t lifetime = 0;

	if (!json_parse_object(&root, text, len, err) ||
		!json_string(&value, root, "access_token", err) || !check_type(root, err) ||
		!json_member(&expires, root, "expires_in", err))
		return false;
	if (!is_token(value))
		return json_wrong("access_token", "token", err);
	if (!json_integer(&lifetime, expires) || lifetime < 0)
		lifetime = 0;
	*token = secret_new(value, strlen(value));
	if (!*token)
		return err_memory(err);
	*seconds = lifetime;
	return true;
}

bool scm_json_token_error(
	struct scm_token_error *out, const char *text, size_t len, struct err *err)
{
	AUTO(secret_json) cJSON *root = NULL;
	const char *error = "";
	const char *description = "";

	if (!json_parse_object(&root, text, len, err) || !json_string(&error, root, "error", err) ||
		!json_string(&description, root, "error_description", err))
		return false;
	json_printable(out->error, sizeof(out->error), error);
	json_printable(out->description, sizeof(out->description), description);
	return true;
}
