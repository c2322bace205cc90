#include "scm/login.h"

#include <string.h>

#include "scm/bearer.h"
#include "scm/json.h"

/* A call, until its answer has been told. */
struct pending {
	struct scm_login *login;
	struct pending *next;
	struct scm_call call;
	char label[SCM_LABEL_MAX];
	struct buf url;
	unsigned token; /* the number of the one it was sent with */
	bool again;	/* after a refusal */
	scm_http_done *done;
	void *context;
};

struct scm_login {
	struct scm_endpoint endpoint;
	struct scm_http *http;
	struct scm_bearer *bearer; /* NULL when the login is not OAuth2's */
	struct pending *sent;
	struct pending *waiting; /* for a token */
};

static void pending_free(struct pending *p)
{
	if (!p)
		return;
	scm_call_dispose(&p->call);
	buf_dispose(&p->url);
	free(p);
}
AUTO_DEFINE(pending, struct pending *, pending_free);

static void free_all(struct pending *first)
{
	while (first) {
		struct pending *next = first->next;

		pending_free(first);
		first = next;
	}
}

static void put(struct pending **list, struct pending *p)
{
	p->next = *list;
	*list = p;
}

static void take_out(struct pending **list, const struct pending *p)
{
	while (*list && *list != p)
		list = &(*list)->next;
	if (*list)
		*list = p->next;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void on_answer(void *context, const struct scm_answer *a);

static void add_credential(struct scm_http_request *r, struct pending *p)
{
	struct scm_login *l = p->login;

	switch (l->endpoint.auth) {
	case WIRE_CLIENT_CERT:
		break;
	case WIRE_PASSWORD:
		r->secret_header = "password: ";
		r->secret = l->endpoint.secret;
		break;
	case WIRE_OAUTH2:
		r->secret_header = "Authorization: Bearer ";
		r->secret = scm_bearer_token(l->bearer);
		p->token = scm_bearer_number(l->bearer);
		break;
	}
}

/* Now, or when there is a token. On success `p` is in one of the lists. */
static bool go(struct pending *p, struct err *err)
{
	struct scm_login *l = p->login;
	struct scm_http_request request = { .label = p->label,
		.method = p->call.method,
		.url = buf_str(&p->url),
		.headers = &l->endpoint.headers,
		.body = p->call.body.data,
		.len = p->call.body.len,
		.answer_max = p->call.answer_max,
		.once = p->call.order,
		.slow = p->call.order };

	if (l->bearer && !scm_bearer_token(l->bearer)) {
		if (!scm_bearer_fetch(l->bearer, err))
			return false;
		put(&l->waiting, p);
		return true;
	}
	add_credential(&request, p);
	if (!scm_http_start(l->http, &request, on_answer, p, err))
		return false;
	put(&l->sent, p);
	return true;
}

static void finish(struct pending *p, const struct scm_answer *a)
{
	struct scm_answer told = *a;

	told.label = p->label;
	told.remedy = scm_endpoint_remedy(&p->login->endpoint);
	p->done(p->context, &told);
	pending_free(p);
}

/* Nothing of it has left, or what left was refused as a whole. */
static void fail(struct pending *p, const struct err *why)
{
	const struct scm_answer a = { .err = *why,
		.unsent = true,
		.body = "",
		.location = "",
		.authorization_uri = "",
		.total = SCM_TOTAL_UNKNOWN };

	finish(p, &a);
}

/*
 * A 401 of SCM's own: a challenge, or its error object. Of anybody else's one can't tell what
 * became of an order before it.
 */
static bool refuses_token(const struct pending *p, const struct scm_answer *a)
{
	struct scm_error e;
	struct err ignored = { 0 };

	if (a->err.kind != ERR_NONE || a->status != 401)
		return false;
	return !p->call.order || *a->authorization_uri ||
	       scm_json_error(&e, a->body, a->len, &ignored);
}

static void on_answer(void *context, const struct scm_answer *a)
{
	struct pending *p = context;
	struct scm_login *l = p->login;
	struct err err = { 0 };

	take_out(&l->sent, p);
	if (!l->bearer || p->again || !refuses_token(p, a)) {
		finish(p, a);
		return;
	}
	p->again = true;
	scm_bearer_refused(l->bearer, p->token);
	if (!go(p, &err))
		fail(p, &err);
}

static void on_token(void *context, const struct scm_answer *failure)
{
	struct scm_login *l = context;
	struct pending *waiting = TAKE(l->waiting);
	struct err err = { 0 };

	while (waiting) {
		struct pending *p = waiting;

		waiting = p->next;
		if (failure)
			finish(p, failure);
		else if (!go(p, &err))
			fail(p, &err);
	}
}

/* ---- life ------------------------------------------------------------------------------------ */

bool scm_login_new(struct scm_login **out, const struct scm_account *account, uint32_t parallel,
	struct err *err)
{
	AUTO(scm_login) struct scm_login *l = calloc(1, sizeof(*l));
	struct scm_account whole = *account;

	if (!l)
		return err_memory(err);
	if (!whole.bundle)
		whole.bundle = scm_http_bundle();
	if (!scm_endpoint_init(&l->endpoint, &whole, err) ||
		!scm_http_new(&l->http, &l->endpoint, parallel, err))
		return false;
	if (l->endpoint.auth == WIRE_OAUTH2 &&
		!scm_bearer_new(&l->bearer, l->http, &l->endpoint, on_token, l, err))
		return false;
	*out = TAKE(l);
	return true;
}

void scm_login_free(struct scm_login *l)
{
	if (!l)
		return;
	scm_http_free(l->http);
	scm_bearer_free(l->bearer);
	free_all(l->sent);
	free_all(l->waiting);
	scm_endpoint_dispose(&l->endpoint);
	free(l);
}

struct scm_http *scm_login_http(struct scm_login *l)
{
	return l->http;
}

bool scm_login_start(struct scm_login *l, struct scm_call *call, scm_http_done *done, void *context,
	struct err *err)
{
	AUTO(pending) struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return err_memory(err);
	p->login = l;
	p->call = *call;
	*call = SCM_CALL;
	p->done = done;
	p->context = context;
	scm_call_label(p->label, &p->call);
	p->url = BUF(SCM_URL_MAX + SCM_PATH_MAX);
	buf_addf(&p->url, "%s%s", l->endpoint.base, buf_str(&p->call.path));
	if (!buf_check(&p->url, "request to SCM", err) || !go(p, err))
		return false;
	(void)TAKE(p);
	return true;
}
