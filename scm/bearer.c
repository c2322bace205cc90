#include "scm/bearer.h"

#include <string.h>

#include "base/clock.h"
#include "scm/token.h"

#define LABEL_MAX 300
#define SHORTEST_MS 500

struct scm_bearer {
	struct scm_http *http;
	const struct scm_endpoint *endpoint;
	scm_bearer_done *done;
	void *context;
	struct secret *token;
	int64_t until; /* clock_ms() */
	unsigned number;
	bool fetching;

	/* of the fetch */
	int64_t asked;
	struct buf url;	  /* of the token endpoint, once it is known */
	struct buf label; /* the same, for messages */
	struct buf form;
	struct buf guess; /* URL to ask SCM at, and its label */
	struct strlist lines;
	struct strlist none;
};

static bool know_endpoint(struct scm_bearer *b, const char *url)
{
	buf_add_str(&b->url, url);
	buf_addf(&b->label, "token endpoint '%.250s'", url);
	return buf_ok(&b->url) && buf_ok(&b->label);
}

/* Paths that are documented for each API, of which nothing is wanted but a 401. */
static void set_guess(struct scm_bearer *b)
{
	buf_addf(&b->guess, "%s%s", b->endpoint->base,
		b->endpoint->api == WIRE_ENROLLMENT ? "/v1/certificates/0" : "/ssl/v1/types");
}

bool scm_bearer_new(struct scm_bearer **out, struct scm_http *http,
	const struct scm_endpoint *endpoint, scm_bearer_done *done, void *context, struct err *err)
{
	AUTO(scm_bearer) struct scm_bearer *b = calloc(1, sizeof(*b));

	if (!b)
		return err_memory(err);
	b->http = http;
	b->endpoint = endpoint;
	b->done = done;
	b->context = context;
	b->url = BUF(SCM_URL_MAX);
	b->label = BUF(LABEL_MAX);
	b->form = BUF(SCM_TOKEN_FORM_MAX);
	b->guess = BUF(SCM_URL_MAX + 64);
	set_guess(b);
	if (!buf_ok(&b->guess) ||
		(*endpoint->token_url && !know_endpoint(b, endpoint->token_url)) ||
		!strlist_add(&b->lines, "Content-Type: application/x-www-form-urlencoded") ||
		!strlist_add(&b->lines, "Accept: application/json"))
		return err_memory(err);
	*out = TAKE(b);
	return true;
}

void scm_bearer_free(struct scm_bearer *b)
{
	if (!b)
		return;
	secret_free(b->token);
	buf_dispose(&b->url);
	buf_dispose(&b->label);
	buf_wipe(&b->form);
	buf_dispose(&b->guess);
	strlist_dispose(&b->lines);
	free(b);
}

const struct secret *scm_bearer_token(const struct scm_bearer *b)
{
	return b->token && clock_ms() < b->until ? b->token : NULL;
}

unsigned scm_bearer_number(const struct scm_bearer *b)
{
	return b->number;
}

void scm_bearer_refused(struct scm_bearer *b, unsigned number)
{
	if (number == b->number)
		b->until = 0;
}

/* ---- a fetch --------------------------------------------------------------------------------- */

/* Nobody's call has been sent, whatever became of ours. */
static void fail(struct scm_bearer *b, const struct scm_answer *a, const struct err *why)
{
	struct scm_answer failure = { .label = a->label,
		.err = *why,
		.unsent = true,
		.body = "",
		.location = "",
		.authorization_uri = "",
		.total = SCM_TOTAL_UNKNOWN,
		.retry_after = why->kind == ERR_UNAVAILABLE ? a->retry_after : 0 };

	b->fetching = false;
	b->done(b->context, &failure);
}

static void on_token(void *context, const struct scm_answer *a)
{
	struct scm_bearer *b = context;
	struct secret *token = NULL;
	int64_t lifetime = 0;
	struct err err = { 0 };

	buf_wipe(&b->form);
	if (!scm_token_read(&token, &lifetime, a, &err)) {
		fail(b, a, &err);
		return;
	}
	secret_free(b->token);
	b->token = token;
	b->until = b->asked + lifetime;
	/* also one that ended on its way serves those who waited for it; SCM has the last word */
	if (b->until < clock_ms() + SHORTEST_MS)
		b->until = clock_ms() + SHORTEST_MS;
	b->number++;
	b->fetching = false;
	b->done(b->context, NULL);
}

static bool ask_for_token(struct scm_bearer *b, struct err *err)
{
	struct scm_http_request request = { .label = buf_str(&b->label),
		.method = "POST",
		.url = buf_str(&b->url),
		.headers = &b->lines,
		.answer_max = SCM_TOKEN_ANSWER_MAX,
		/* a secret that is wrong counts each time it is sent */
		.once = true };

	/* what a failure to send left there has the secret in it */
	buf_wipe(&b->form);
	b->form = BUF(SCM_TOKEN_FORM_MAX);
	scm_token_form(&b->form, b->endpoint->login, b->endpoint->secret);
	if (!buf_check(&b->form, "client_id and client_secret_file", err))
		return false;
	request.body = b->form.data;
	request.len = b->form.len;
	b->asked = clock_ms();
	return scm_http_start(b->http, &request, on_token, b, err);
}

static void on_discovered(void *context, const struct scm_answer *a)
{
	struct scm_bearer *b = context;
	const char *url = "";
	struct err err = { 0 };

	if (!scm_token_discovered(&url, a, &err) || (!know_endpoint(b, url) && !err_memory(&err)) ||
		!ask_for_token(b, &err))
		fail(b, a, &err);
}

/* Without headers: the endpoint is named to a caller who comes as nobody. */
static bool discover(struct scm_bearer *b, struct err *err)
{
	const struct scm_http_request request = { .label = "looking for the token endpoint",
		.method = "GET",
		.url = buf_str(&b->guess),
		.headers = &b->none,
		.answer_max = SCM_TOKEN_ANSWER_MAX };

	return scm_http_start(b->http, &request, on_discovered, b, err);
}

bool scm_bearer_fetch(struct scm_bearer *b, struct err *err)
{
	if (b->fetching)
		return true;
	b->fetching = b->url.len ? ask_for_token(b, err) : discover(b, err);
	return b->fetching;
}
