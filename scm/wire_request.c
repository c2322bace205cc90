#include "scm/wire_fields.h"

#define STORE_MAX (1024 * 1024)
#define TRUST_MAX (2 * 1024 * 1024)
#define PASSWORD_MAX 4096
#define PARALLEL_MAX 64
#define TOKEN_TIMEOUT_MAX 3600
#define TIMEOUT_MAX_MS (10 * 60 * 1000)

static void store_type(struct codec *c, enum wire_store_type *value, const char *field)
{
	uint32_t type = *value;

	codec_u32(c, &type, WIRE_STORE_NONE, WIRE_STORE_PKCS11, field);
	if (!c->wrong)
		*value = type;
}

static void password(struct codec *c, struct wire_bytes *value, const char *field)
{
	codec_bytes(c, value, 0, PASSWORD_MAX, field);
}

static void login(struct codec *c, struct wire_account *a)
{
	uint32_t api = a->api;
	uint32_t auth = a->auth;

	codec_u32(c, &api, WIRE_ADMIN, WIRE_ENROLLMENT, "api");
	codec_str(c, &a->url, WIRE_STRING_MAX, "url");
	codec_str(c, &a->customer_uri, WIRE_STRING_MAX, "customer_uri");
	codec_u32(c, &auth, WIRE_CLIENT_CERT, WIRE_OAUTH2, "auth");
	codec_str(c, &a->login, WIRE_STRING_MAX, "login");
	password(c, &a->secret, "secret");
	codec_str(c, &a->token_url, WIRE_STRING_MAX, "token_url");
	if (c->wrong)
		return;
	a->api = api;
	a->auth = auth;
}

static void account(struct codec *c, struct wire_account *a)
{
	login(c, a);
	store_type(c, &a->store_type, "store_type");
	codec_bytes(c, &a->store, 0, STORE_MAX, "store");
	password(c, &a->store_password, "store_password");
	password(c, &a->key_password, "key_password");
	codec_str(c, &a->store_alias, WIRE_STRING_MAX, "store_alias");
	codec_str(c, &a->token_module, WIRE_STRING_MAX, "token_module");
	codec_str(c, &a->token_init_args, WIRE_STRING_MAX, "token_init_args");
	codec_str(c, &a->token_uri, WIRE_STRING_MAX, "token_uri");
	codec_u32(c, &a->token_timeout, 0, TOKEN_TIMEOUT_MAX, "token_timeout");
	store_type(c, &a->trust_type, "trust_type");
	codec_bytes(c, &a->trust_store, 0, TRUST_MAX, "trust_store");
	password(c, &a->trust_password, "trust_password");
	codec_str(c, &a->proxy_host, WIRE_STRING_MAX, "proxy_host");
	codec_u32(c, &a->proxy_port, 0, 65535, "proxy_port");
	codec_str(c, &a->proxy_user, WIRE_STRING_MAX, "proxy_user");
	password(c, &a->proxy_password, "proxy_password");
	codec_u32(c, &a->parallel, 1, PARALLEL_MAX, "parallel");
}

static void submit_kind(struct codec *c, enum wire_submit_kind *value)
{
	uint32_t kind = *value;

	codec_u32(c, &kind, WIRE_ENROLL, WIRE_REPLACE, "kind");
	if (!c->wrong)
		*value = kind;
}

static void submit(struct codec *c, struct wire_submit *s)
{
	submit_kind(c, &s->kind);
	wire_order_id(c, &s->order, s->kind != WIRE_ENROLL, "order");
	codec_u64(c, &s->org_id, INT64_MAX, "org_id");
	codec_u64(c, &s->profile, INT64_MAX, "profile");
	codec_u32(c, &s->term, 0, INT32_MAX, "term");
	codec_str(c, &s->csr, WIRE_STRING_MAX, "csr");
	codec_str(c, &s->common_name, WIRE_STRING_MAX, "common_name");
	codec_str(c, &s->names, WIRE_STRING_MAX, "names");
	codec_str(c, &s->comments, WIRE_STRING_MAX, "comments");
	codec_str(c, &s->reason, WIRE_STRING_MAX, "reason");
	codec_str(c, &s->external_requester, WIRE_STRING_MAX, "external_requester");
	codec_str(c, &s->dcv_mode, WIRE_STRING_MAX, "dcv_mode");
	codec_str(c, &s->dcv_email, WIRE_STRING_MAX, "dcv_email");
	codec_u32(c, &s->field_count, 0, WIRE_FIELDS_MAX, "field_count");
	for (uint32_t i = 0; !c->wrong && i < s->field_count; i++) {
		codec_str(c, &s->field[i].name, WIRE_STRING_MAX, "field name");
		codec_str(c, &s->field[i].value, WIRE_STRING_MAX, "field value");
	}
}

static void find(struct codec *c, struct wire_find *f)
{
	submit_kind(c, &f->kind);
	codec_str(c, &f->common_name, WIRE_STRING_MAX, "common_name");
	codec_str(c, &f->tag, WIRE_STRING_MAX, "tag");
	wire_order_id(c, &f->order, f->kind != WIRE_ENROLL, "order");
	codec_str(c, &f->spki, WIRE_SPKI_MAX, "spki");
	/* whom no tag tells, the key must */
	codec_check(c, !c->wrong && f->tag && (*f->tag || f->kind == WIRE_RENEW), "tag");
}

static void revoke(struct codec *c, struct wire_revoke *r)
{
	wire_order_id(c, &r->id, true, "order");
	codec_u32(c, &r->code, 0, 10, "code");
	codec_str(c, &r->reason, WIRE_STRING_MAX, "reason");
}

static void list(struct codec *c, struct wire_list *l)
{
	uint32_t kind = l->kind;

	codec_u32(c, &kind, WIRE_LIST_ORGANIZATIONS, WIRE_LIST_PASSWORD, "list kind");
	codec_u64(c, &l->org_id, INT64_MAX, "org_id");
	codec_u32(c, &l->position, 0, INT32_MAX, "position");
	codec_str(c, &l->name, WIRE_STRING_MAX, "name");
	codec_str(c, &l->status, WIRE_STRING_MAX, "status");
	codec_str(c, &l->serial, WIRE_STRING_MAX, "serial");
	if (!c->wrong)
		l->kind = kind;
}

static void dcv(struct codec *c, struct wire_dcv *d)
{
	uint32_t action = d->action;
	uint32_t method = d->method;

	codec_u32(c, &action, WIRE_DCV_STATUS, WIRE_DCV_CLEAR, "action");
	codec_u32(c, &method, 0, WIRE_DCV_EMAIL, "method");
	codec_str(c, &d->domain, WIRE_STRING_MAX, "domain");
	codec_str(c, &d->email, WIRE_STRING_MAX, "email");
	if (c->wrong)
		return;
	d->action = action;
	d->method = method;
	/* STATUS and CLEAR are about a domain, START and SUBMIT about a way to validate it */
	codec_check(c, method || action == WIRE_DCV_STATUS || action == WIRE_DCV_CLEAR, "method");
}

static void published(struct codec *c, struct wire_published *p)
{
	codec_str(c, &p->url, WIRE_STRING_MAX, "url");
	codec_str(c, &p->first_line, WIRE_STRING_MAX, "first_line");
	codec_str(c, &p->second_line, WIRE_STRING_MAX, "second_line");
	codec_str(c, &p->connect, WIRE_STRING_MAX, "connect");
}

static void lookup(struct codec *c, struct wire_lookup *l)
{
	codec_bool(c, &l->text, "text");
	codec_str(c, &l->domain, WIRE_STRING_MAX, "domain");
	codec_str(c, &l->host, WIRE_STRING_MAX, "host");
	codec_str(c, &l->point, WIRE_STRING_MAX, "point");
	codec_str(c, &l->server, WIRE_STRING_MAX, "server");
}

static void probe(struct codec *c, struct wire_probe *p)
{
	uint32_t starttls = p->starttls;

	codec_str(c, &p->connect_host, WIRE_STRING_MAX, "connect_host");
	codec_u32(c, &p->connect_port, 1, 65535, "connect_port");
	codec_str(c, &p->server_name, WIRE_STRING_MAX, "server_name");
	codec_u32(c, &p->timeout_ms, 1, TIMEOUT_MAX_MS, "timeout_ms");
	codec_u32(c, &starttls, WIRE_STARTTLS_NONE, WIRE_STARTTLS_POSTGRES, "starttls");
	if (!c->wrong)
		p->starttls = starttls;
}

void wire_request_fields(struct codec *c, struct wire_request *r)
{
	uint32_t op = r->op;

	wire_head(c, &r->id);
	codec_u32(c, &op, WIRE_ACCOUNT, WIRE_PROBE, "op");
	if (c->wrong)
		return;
	r->op = op;
	switch (r->op) {
	case WIRE_ACCOUNT:
		account(c, &r->account);
		break;
	case WIRE_SUBMIT:
		submit(c, &r->submit);
		break;
	case WIRE_FIND:
		find(c, &r->find);
		break;
	case WIRE_COLLECT:
	case WIRE_DETAILS:
		wire_order_id(c, &r->order.id, true, "order");
		codec_bool(c, &r->order.recheck, "recheck");
		break;
	case WIRE_REVOKE:
		revoke(c, &r->revoke);
		break;
	case WIRE_LIST:
		list(c, &r->list);
		break;
	case WIRE_DCV:
		dcv(c, &r->dcv);
		break;
	case WIRE_PUBLISHED:
		published(c, &r->published);
		break;
	case WIRE_LOOKUP:
		lookup(c, &r->lookup);
		break;
	case WIRE_ADDRESSES:
		codec_str(c, &r->addresses.host, WIRE_STRING_MAX, "host");
		break;
	case WIRE_PROBE:
		probe(c, &r->probe);
		break;
	}
}
