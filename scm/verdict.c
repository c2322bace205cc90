#include "scm/verdict.h"

#include <inttypes.h>
#include <string.h>

#include "scm/errors.h"
#include "scm/json.h"
#include "scm/request.h"

#define EXCERPT_MAX 160
#define UNKNOWN_ERROR (-1)
#define NO_API "there is no API of SCM at this address; check url"

/* The first line of a text that is no markup: what a proxy has to say. */
static void add_excerpt(struct buf *out, const struct scm_answer *a)
{
	size_t len = 0;

	if (!a->len || a->body[0] == '<')
		return;
	while (len < a->len && len < EXCERPT_MAX / 4 && a->body[len] != '\n' &&
		a->body[len] != '\r')
		len++;
	buf_add_str(out, ": ");
	buf_add_printable(out, a->body, len);
}

bool scm_passes_by_itself(long status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429;
}

static enum err_kind kind_of_code(long status, const struct scm_code *code)
{
	if (status == 401)
		return ERR_AUTH;
	return scm_passes_by_itself(status) ? ERR_UNAVAILABLE : code->kind;
}

static bool refused_by_scm(
	struct wire_reply *out, const struct scm_answer *a, const struct scm_error *e)
{
	const struct scm_code *code = scm_code(e->code);
	enum err_kind kind = kind_of_code(a->status, code);
	const char *credential = kind == ERR_AUTH && a->remedy ? a->remedy : "";
	bool nowhere = a->status == 404 && e->code == UNKNOWN_ERROR;
	const char *remedy = nowhere ? NO_API : code->remedy;

	out->code = e->code;
	out->refused = kind == ERR_REJECTED || kind == ERR_AUTH;
	return err_set(&out->err, kind, "%s: HTTP %ld: code %" PRId64 "%s%s%s%s%s%s", a->label,
		a->status, e->code, *e->description ? ": " : "", e->description,
		*credential ? "; " : "", credential, *remedy ? "; " : "", remedy);
}

/* Not SCM itself, as far as one can tell: no error object. */
static bool refused_by_other(struct wire_reply *out, const struct scm_answer *a)
{
	AUTO(buf) struct buf said = BUF(EXCERPT_MAX);
	enum err_kind kind = ERR_PROTOCOL;
	const char *remedy = a->status == 404 ? NO_API : "check url";

	add_excerpt(&said, a);
	if (a->status == 401) {
		kind = ERR_AUTH;
		remedy = a->remedy ? a->remedy : "check the credential";
	} else if (scm_passes_by_itself(a->status) || a->status == 403) {
		kind = ERR_UNAVAILABLE;
		remedy = "";
	}
	return err_set(&out->err, kind, "%s: HTTP %ld without an answer of SCM%s%s%s", a->label,
		a->status, buf_ok(&said) ? buf_str(&said) : "", *remedy ? "; " : "", remedy);
}

static bool redirected(struct wire_reply *out, const struct scm_answer *a)
{
	AUTO(buf) struct buf where = BUF(EXCERPT_MAX);
	size_t len = strlen(a->location);

	buf_add_printable(&where, a->location, len < EXCERPT_MAX / 4 ? len : EXCERPT_MAX / 4);
	return err_set(&out->err, ERR_PROTOCOL,
		"%s: HTTP %ld: redirects to '%s', not followed; check url", a->label, a->status,
		buf_str(&where));
}

bool scm_verdict(struct wire_reply *out, const struct scm_answer *a)
{
	struct scm_error e;
	struct err ignored = { 0 };

	if (a->err.kind != ERR_NONE) {
		out->err = a->err;
		out->unsent = a->unsent;
		if (a->err.kind == ERR_UNAVAILABLE)
			out->retry_after = a->retry_after;
		return false;
	}
	if (a->status >= 200 && a->status < 300)
		return true;
	if (a->status < 400)
		return redirected(out, a);
	if (a->len <= SCM_ANSWER_MAX && scm_json_error(&e, a->body, a->len, &ignored))
		refused_by_scm(out, a, &e);
	else
		refused_by_other(out, a);
	if (out->err.kind == ERR_UNAVAILABLE)
		out->retry_after = a->retry_after;
	return false;
}

bool scm_verdict_broken(struct wire_reply *out, const struct scm_answer *a, const struct err *why)
{
	return err_set(&out->err, why->kind, "%s: HTTP %ld: %s", a->label, a->status, why->text);
}
