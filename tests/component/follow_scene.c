#include "follow_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ossl.h"

static void digest(char out[static WIRE_SPKI_MAX + 1], X509_PUBKEY *key)
{
	AUTO(ossl_bytes) unsigned char *der = NULL;
	AUTO(buf) struct buf hex = BUF(WIRE_SPKI_MAX);
	unsigned char hash[32];
	int len = i2d_X509_PUBKEY(key, &der);

	assert_true(len > 0 && EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL));
	buf_add_hex(&hex, hash, sizeof(hash));
	memcpy(out, buf_str(&hex), WIRE_SPKI_MAX + 1);
}

void follow_key_make(struct follow_key *k)
{
	AUTO(bio) BIO *in = NULL;
	AUTO(x509_req) X509_REQ *req = NULL;

	k->csr = scene_csr("www.example.com");
	in = BIO_new_mem_buf(k->csr, -1);
	req = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
	assert_non_null(req);
	digest(k->spki, X509_REQ_get_X509_PUBKEY(req));
}

void follow_key_dispose(struct follow_key *k)
{
	free(k->csr);
}

bool follow_has_key(const struct reply *r, const struct follow_key *k)
{
	for (uint32_t i = 0; i < r->r.chain_count; i++) {
		const unsigned char *der = r->r.chain[i].data;
		AUTO(x509) X509 *cert = d2i_X509(NULL, &der, (long)r->r.chain[i].len);
		char spki[WIRE_SPKI_MAX + 1];

		assert_non_null(cert);
		digest(spki, X509_get_X509_PUBKEY(cert));
		if (!strcmp(spki, k->spki))
			return true;
	}
	return false;
}

struct wire_request follow_submit(enum wire_submit_kind kind, const char *order,
	const struct follow_key *k, const char *comments)
{
	struct wire_request r = scene_submit(k->csr, comments);

	r.submit.kind = kind;
	r.submit.order = order;
	r.submit.common_name = "www.example.com";
	r.submit.reason = "a new key";
	return r;
}

struct wire_request follow_find(
	enum wire_submit_kind kind, const char *order, const char *tag, const struct follow_key *k)
{
	struct wire_request r = scene_find("www.example.com", tag);

	r.find.kind = kind;
	r.find.order = order;
	r.find.spki = k->spki;
	return r;
}

struct wire_request follow_revoke(const char *order)
{
	return (struct wire_request) { .op = WIRE_REVOKE,
		.revoke = { .id = order, .code = 4, .reason = "superseded" } };
}

void follow_place(char order[static WIRE_ID_MAX + 1], struct fetch *f, const struct follow_key *k,
	const char *comments)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request submit = follow_submit(WIRE_ENROLL, "", k, comments);

	fetch_ask(&r, f, &submit);
	scene_expect(&r, ERR_NONE, "");
	assert_true(*r.r.order);
	snprintf(order, WIRE_ID_MAX + 1, "%s", r.r.order);
}

void follow_expect_issued(struct fetch *f, const char *order, const struct follow_key *k)
{
	AUTO(reply) struct reply r = { 0 };
	struct wire_request collect = { .op = WIRE_COLLECT, .order = { order } };

	fetch_ask(&r, f, &collect);
	scene_expect(&r, ERR_NONE, "");
	assert_int_equal(r.r.order_state, WIRE_ORDER_ISSUED);
	assert_string_equal(r.r.order, order);
	assert_true(follow_has_key(&r, k));
}
