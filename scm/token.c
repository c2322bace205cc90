#include "scm/token.h"

#include <string.h>

#include "scm/authenticate.h"
#include "scm/endpoint.h"
#include "scm/json_token.h"
#include "scm/verdict.h"

#define DEFAULT_S 60
#define MOST_S 3600
#define MARGIN_S 30

/* ---- what is sent ---------------------------------------------------------------------------- */

/* RFC 3986's unreserved characters stand for themselves in a form too. */
static void add_encoded(struct buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~",
				    s[i]))
			buf_add(out, &s[i], 1);
		else
			buf_addf(out, "%%%02X", (unsigned char)s[i]);
	}
}

void scm_token_form(struct buf *out, const char *client_id, const struct secret *secret)
{
	buf_add_str(out, "grant_type=client_credentials&client_id=");
	add_encoded(out, client_id, strlen(client_id));
	buf_add_str(out, "&client_secret=");
	add_encoded(out, secret_bytes(secret), secret_len(secret));
}

/* ---- what it means --------------------------------------------------------------------------- */

int64_t scm_token_lifetime(int64_t seconds)
{
	int64_t given = seconds > 0 ? seconds : DEFAULT_S;

	if (given > MOST_S)
		given = MOST_S;
	return given > 2 * MARGIN_S ? 1000 * (given - MARGIN_S) : 500 * given;
}

/* Keycloak answers a wrong secret with 400 or 401, by its release. */
static bool refuses_client(long status, const char *error)
{
	return status == 401 || !strncmp(error, "invalid_", strlen("invalid_")) ||
	       !strcmp(error, "unauthorized_client") || !strcmp(error, "access_denied");
}

static bool refused(const struct scm_answer *a, struct err *err)
{
	struct scm_token_error said = { 0 };
	struct err ignored = { 0 };
	enum err_kind kind = ERR_PROTOCOL;
	const char *remedy = "; check token_url";

	if (!scm_json_token_error(&said, a->body, a->len, &ignored))
		said = (struct scm_token_error) { 0 };
	if (scm_passes_by_itself(a->status) || (a->status == 403 && !*said.error)) {
		kind = ERR_UNAVAILABLE;
		remedy = "";
	} else if (refuses_client(a->status, said.error)) {
		kind = ERR_AUTH;
		remedy = "; check client_id and client_secret_file";
	}
	return err_set(err, kind, "%s: HTTP %ld%s%s%s%s%s", a->label, a->status,
		*said.error ? ": " : "", said.error, *said.description ? ": " : "",
		said.description, remedy);
}

bool scm_token_read(
	struct secret **token, int64_t *lifetime_ms, const struct scm_answer *a, struct err *err)
{
	int64_t seconds = 0;

	if (a->err.kind != ERR_NONE) {
		*err = a->err;
		return false;
	}
	if (a->status >= 400)
		return refused(a, err);
	if (a->status >= 300)
		return err_set(err, ERR_PROTOCOL,
			"%s: HTTP %ld: a redirect, not followed; check token_url", a->label,
			a->status);
	if (!scm_json_token(token, &seconds, a->body, a->len, err))
		return err_wrap(err, "%s: HTTP %ld", a->label, a->status);
	*lifetime_ms = scm_token_lifetime(seconds);
	return true;
}

static bool unusable(const struct scm_answer *a, struct err *err)
{
	AUTO(buf) struct buf shown = BUF(4 * SCM_AUTHORIZATION_URI_MAX);

	buf_add_printable(&shown, a->authorization_uri, strlen(a->authorization_uri));
	return err_set(err, ERR_PROTOCOL,
		"%s: names '%.200s' as token endpoint, which is no https URL, so no secret was "
		"sent there; set token_url",
		a->label, buf_str(&shown));
}

bool scm_token_discovered(const char **url, const struct scm_answer *a, struct err *err)
{
	if (a->err.kind != ERR_NONE) {
		*err = a->err;
		return false;
	}
	if (scm_passes_by_itself(a->status))
		return err_set(err, ERR_UNAVAILABLE, "%s: HTTP %ld", a->label, a->status);
	if (a->status != 401 || !*a->authorization_uri)
		return err_set(err, ERR_PROTOCOL,
			"%s: HTTP %ld without a token endpoint in WWW-Authenticate; check url, or "
			"set token_url",
			a->label, a->status);
	if (!scm_endpoint_plain_url(a->authorization_uri))
		return unusable(a, err);
	*url = a->authorization_uri;
	return true;
}
