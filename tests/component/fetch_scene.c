#include "fetch_scene.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"

void scene_account_load(struct scene_account *a, const struct sim *s)
{
	*a = (struct scene_account) { 0 };
	sim_read(&a->store, s, "client.pem");
	sim_read(&a->trust, s, "ca.pem");
	a->request = (struct wire_request) { .op = WIRE_ACCOUNT,
		.account = { .api = WIRE_ADMIN,
			.auth = WIRE_CLIENT_CERT,
			.url = s->url,
			.customer_uri = "example",
			.login = "api",
			.store_type = WIRE_STORE_PEM,
			.store = { a->store.data, a->store.len },
			.trust_type = WIRE_STORE_PEM,
			.trust_store = { a->trust.data, a->trust.len },
			.parallel = 4 } };
}

void scene_account_dispose(struct scene_account *a)
{
	buf_dispose(&a->store);
	buf_dispose(&a->trust);
}

void scene_account_secret(
	struct scene_account *a, enum wire_auth auth, const char *name, const char *secret)
{
	struct wire_account *w = &a->request.account;

	w->auth = auth;
	w->login = name;
	w->secret = (struct wire_bytes) { secret, strlen(secret) };
	w->store_type = WIRE_STORE_NONE;
	w->store = (struct wire_bytes) { 0 };
}

void scene_open(struct fetch *f, const char *program, struct scene_account *a)
{
	AUTO(reply) struct reply r = { 0 };

	fetch_start(f, program, NULL);
	fetch_ask(&r, f, &a->request);
	scene_expect(&r, ERR_NONE, "");
}

void scene_start(struct fetch *f, const char *program, const struct sim *s)
{
	AUTO(scene_account) struct scene_account a;

	scene_account_load(&a, s);
	scene_open(f, program, &a);
}

struct wire_request scene_profiles(void)
{
	return (struct wire_request) { .op = WIRE_LIST, .list = { .kind = WIRE_LIST_PROFILES } };
}

void scene_ask_many(struct fetch *f, int n, enum err_kind kind, const char *words)
{
	struct wire_request profiles = scene_profiles();

	for (int i = 0; i < n; i++)
		fetch_send(f, &profiles);
	for (int i = 0; i < n; i++) {
		AUTO(reply) struct reply r = { 0 };

		fetch_receive(&r, f);
		scene_expect(&r, kind, words);
	}
}

static char *pem_of(X509_REQ *req)
{
	AUTO(bio) BIO *out = BIO_new(BIO_s_mem());
	char *data;
	long len;

	assert_true(out && PEM_write_bio_X509_REQ(out, req));
	len = BIO_get_mem_data(out, &data);
	return strndup(data, (size_t)len);
}

char *scene_csr(const char *common_name)
{
	AUTO(pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
	AUTO(x509_req) X509_REQ *req = X509_REQ_new();
	X509_NAME *name = req ? X509_REQ_get_subject_name(req) : NULL;

	assert_true(key && name && X509_REQ_set_pubkey(req, key));
	assert_true(X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0));
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	return pem_of(req);
}

struct wire_request scene_submit(const char *csr, const char *comments)
{
	return (struct wire_request) { .op = WIRE_SUBMIT,
		.submit = { .kind = WIRE_ENROLL,
			.org_id = 1234,
			.profile = 1018,
			.term = 90,
			.csr = csr,
			.names = "www.example.com",
			.comments = comments,
			.external_requester = "" } };
}

struct wire_request scene_order(enum wire_op op, uint64_t id)
{
	static char text[8][24];
	static unsigned next;
	char *at = text[next++ % ARRAY_LEN(text)];

	snprintf(at, sizeof(text[0]), "%" PRIu64, id);
	return (struct wire_request) { .op = op, .order = { .id = at } };
}

uint64_t scene_id(const struct reply *r)
{
	return strtoull(r->r.order, NULL, 10);
}

struct wire_request scene_find(const char *common_name, const char *tag)
{
	return (struct wire_request) { .op = WIRE_FIND,
		.find = { .kind = WIRE_ENROLL, .common_name = common_name, .tag = tag } };
}

uint64_t scene_place(struct fetch *f, const char *csr, const char *comments)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = scene_submit(csr, comments);

	fetch_ask(&r, f, &submit);
	scene_expect(&r, ERR_NONE, "");
	assert_true(scene_id(&r) > 0);
	return scene_id(&r);
}

void scene_expect(const struct reply *r, enum err_kind kind, const char *words)
{
	if (r->r.err.kind != kind)
		fail_msg("%s instead of %s: %s", err_name(r->r.err.kind), err_name(kind),
			r->r.err.text);
	if (!strstr(r->r.err.text, words))
		fail_msg("'%s' is not in: %s", words, r->r.err.text);
}
