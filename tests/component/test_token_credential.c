/*
 * TLS client credentials in a token: which key is taken, where its certificate comes from, and that
 * a server accepts them, also when the token refuses raw RSA.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/secret.h"
#include "ca_fixture.h"
#include "keystore/ks_credential.h"
#include "keystore/token.h"
#include "token_fixture.h"

AUTO_DEFINE(ssl, SSL *, SSL_free);
AUTO_DEFINE(ssl_ctx, SSL_CTX *, SSL_CTX_free);

static struct err err;
static EVP_PKEY *ca_key, *server_key;
static X509 *ca, *server;
static struct secret *pin;

static int make_all(void **state)
{
	struct ca_spec spec;

	(void)state;
	ca_key = ca_ec_key("P-256");
	spec = ca_issuer_spec("CA", ca_key);
	ca = ca_issue(&spec, NULL, ca_key);
	server_key = ca_ec_key("P-256");
	spec = ca_leaf_spec("server", server_key, NULL);
	server = ca_issue(&spec, ca, ca_key);
	pin = secret_new(TOKEN_PIN, strlen(TOKEN_PIN));
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(server_key);
	X509_free(ca);
	X509_free(server);
	secret_free(pin);
	return 0;
}

static X509 *certify(EVP_PKEY *key, const char *name)
{
	struct ca_spec spec = ca_leaf_spec(name, key, NULL);

	spec.ext_key_usage = "clientAuth";
	return ca_issue(&spec, ca, ca_key);
}

/* A key labelled and certified under `name`, the certificate stored under `cert_id`. */
static void add_key(int id, int cert_id, const char *name, enum ks_key_type type)
{
	AUTO(ks) struct ks *ks = token_open();
	struct ks_ref ref = token_ref(id);
	struct ks_ref cert_ref = token_ref(cert_id);
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;

	ref.label = cert_ref.label = name;
	if (!ks_generate(ks, &ref, type, &err) || !ks_load(&key, ks, &ref, &err))
		fail_msg("%s", err.text);
	cert = certify(key, name);
	if (cert_id && !ks_store_certificate(ks, &cert_ref, cert, &err))
		fail_msg("%s", err.text);
}

static struct ks_credential_source source(const char *uri, const char *alias)
{
	return (struct ks_credential_source) {
		.type = KS_PKCS11,
		.module = SOFTHSM_MODULE,
		.uri = uri,
		.alias = alias,
		.password = pin,
	};
}

static void check_name(const struct ks_credential *c, const char *name)
{
	char text[64];

	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(c->cert), NID_commonName, text,
			    sizeof(text)) > 0);
	assert_string_equal(text, name);
	assert_true(X509_check_private_key(c->cert, c->key));
}

static void check_loads(const char *uri, const char *alias, const char *name)
{
	const struct ks_credential_source src = source(uri, alias);
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!ks_credential_load(&c, &src, &err))
		fail_msg("%s", err.text);
	assert_non_null(c.ks);
	check_name(&c, name);
	assert_true(ks_probe(c.key, &err));
}

static void check_lacks(const struct ks_credential_source *src, const char *says)
{
	struct ks_credential c = { 0 };

	assert_false(ks_credential_load(&c, src, &err));
	assert_int_equal(err.kind, ERR_KEYSTORE);
	check_says(err.text, says);
	assert_null(c.key);
	assert_null(c.ks);
}

static void check_refused(const char *uri, const char *alias, const char *says)
{
	const struct ks_credential_source src = source(uri, alias);

	check_lacks(&src, says);
}

static void the_only_key(void **state)
{
	(void)state;
	add_key(1, 1, "scm", KS_EC_P256);
	check_loads(TOKEN_URI, NULL, "scm");
	check_loads(TOKEN_URI, "", "scm");
	check_loads(TOKEN_URI, "scm", "scm");
	check_refused(TOKEN_URI, "other", "'scm'");
}

static void one_of_two(void **state)
{
	(void)state;
	add_key(1, 1, "scm", KS_EC_P256);
	add_key(2, 2, "web", KS_RSA_2048);
	check_refused(TOKEN_URI, NULL, "'web'");
	check_loads(TOKEN_URI, "scm", "scm");
	check_loads(TOKEN_URI ";object=web", NULL, "web");
	check_loads(TOKEN_URI ";object=web;type=private", "web", "web");
	check_loads(TOKEN_URI ";id=%01%01%01%01%01%01%01%01%01%01%01%01%01%01%01%01", NULL, "scm");
	check_refused(TOKEN_URI ";object=web", "scm", "no private key fits");
	check_refused(TOKEN_URI ";id=%01", NULL, "no private key fits");
}

static void one_label_twice(void **state)
{
	(void)state;
	add_key(1, 1, "scm", KS_EC_P256);
	add_key(2, 2, "scm", KS_EC_P256);
	check_refused(TOKEN_URI, "scm", "several");
	check_loads(TOKEN_URI ";id=%02%02%02%02%02%02%02%02%02%02%02%02%02%02%02%02", "scm", "scm");
}

static void nothing_there(void **state)
{
	(void)state;
	check_refused(TOKEN_URI, NULL, "none");
	check_refused("pkcs11:token=nowhere", NULL, "'web'");
	add_key(1, 0, "scm", KS_EC_P256);
	check_refused(TOKEN_URI, NULL, "no certificate");
}

/* As long as the public keys are the same, the id of the certificate does not matter. */
static void a_certificate_under_another_id(void **state)
{
	(void)state;
	add_key(1, 7, "scm", KS_EC_P256);
	check_loads(TOKEN_URI, NULL, "scm");
}

static void no_public_key_as_on_smart_cards(void **state)
{
	static const enum ks_key_type types[] = { KS_EC_P384, KS_RSA_2048 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const char *name = i ? "two" : "one";
		const struct ks_ref ref = token_ref((int)i + 1);
		struct ks *ks;

		add_key((int)i + 1, (int)i + 1, name, types[i]);
		ks = token_open();
		token_remove(ks, CKO_PUBLIC_KEY, &ref);
		ks_close(ks);
		check_loads(TOKEN_URI, name, name);
	}
}

static void chain_from_the_token(void **state)
{
	const struct ks_credential_source src = source(TOKEN_URI, NULL);
	const struct ks_ref ref = token_ref(9);
	AUTO(ks_credential) struct ks_credential c = { 0 };
	struct ks *ks;

	(void)state;
	add_key(1, 1, "scm", KS_EC_P256);
	ks = token_open();
	assert_true(ks_store_certificate(ks, &ref, ca, &err));
	ks_close(ks);
	if (!ks_credential_load(&c, &src, &err))
		fail_msg("%s", err.text);
	assert_int_equal(sk_X509_num(c.chain), 1);
	assert_int_equal(X509_cmp(sk_X509_value(c.chain, 0), ca), 0);
}

/* Of two certificates for one key, the one that was asked for, though the other lasts longer. */
static void certificates_from_outside(void **state)
{
	struct ks_credential_source src = source(TOKEN_URI, NULL);
	AUTO(ks_credential) struct ks_credential c = { 0 };
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	AUTO(x509) X509 *given = NULL;
	struct ca_spec spec;
	struct ks_ref ref = token_ref(1);
	EVP_PKEY *key;
	struct ks *ks;
	char *data;

	(void)state;
	add_key(1, 1, "scm", KS_EC_P256);
	ks = token_open();
	assert_true(ks_load(&key, ks, &ref, &err));
	spec = ca_leaf_spec("given", key, NULL);
	spec.not_after -= 3600;
	given = ca_issue(&spec, ca, ca_key);
	EVP_PKEY_free(key);
	ks_close(ks);
	assert_true(PEM_write_bio_X509(bio, given) && PEM_write_bio_X509(bio, ca));
	src.len = (size_t)BIO_get_mem_data(bio, &data);
	src.data = data;
	if (!ks_credential_load(&c, &src, &err))
		fail_msg("%s", err.text);
	check_name(&c, "given");
	assert_int_equal(sk_X509_num(c.chain), 1);
	src.data = "none";
	src.len = 4;
	check_lacks(&src, "no certificate");
}

static void a_wrong_pin_shows(void **state)
{
	AUTO(secret) struct secret *wrong = secret_new("canary-9999", 11);
	struct ks_credential_source src = source(TOKEN_URI, NULL);
	struct ks_credential c = { 0 };
	bool pin_refused = false;

	(void)state;
	src.password = wrong;
	src.pin_refused = &pin_refused;
	assert_false(ks_credential_load(&c, &src, &err));
	assert_true(pin_refused);
	check_says(err.text, "wrong PIN");
	src.password = NULL;
	assert_false(ks_credential_load(&c, &src, &err));
	assert_false(pin_refused);
	check_says(err.text, "wants a PIN");
}

static SSL *server_side(SSL_CTX *ctx)
{
	SSL *ssl;

	assert_int_equal(SSL_CTX_use_cert_and_key(ctx, server, server_key, NULL, 1), 1);
	assert_true(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca));
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), CA_NOW);
	ssl = SSL_new(ctx);
	SSL_set_accept_state(ssl);
	return ssl;
}

static SSL *client_side(SSL_CTX *ctx, const struct ks_credential *c)
{
	SSL *ssl;

	assert_int_equal(SSL_CTX_use_cert_and_key(ctx, c->cert, c->key, c->chain, 1), 1);
	ssl = SSL_new(ctx);
	SSL_set_connect_state(ssl);
	return ssl;
}

static void handshake(const struct ks_credential *c, int version)
{
	AUTO(ssl_ctx) SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method());
	AUTO(ssl_ctx) SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
	AUTO(ssl) SSL *accepting = server_side(server_ctx);
	AUTO(ssl) SSL *connecting = client_side(client_ctx, c);
	AUTO(x509) X509 *peer = NULL;
	BIO *one;
	BIO *other;

	assert_true(BIO_new_bio_pair(&one, 0, &other, 0));
	SSL_set_bio(accepting, one, one);
	SSL_set_bio(connecting, other, other);
	SSL_set_min_proto_version(connecting, version);
	SSL_set_max_proto_version(connecting, version);
	for (int i = 0; i < 20 && SSL_in_init(accepting); i++) {
		SSL_do_handshake(connecting);
		SSL_do_handshake(accepting);
	}
	if (SSL_in_init(accepting))
		fail_msg("%s", ERR_reason_error_string(ERR_peek_error()));
	peer = SSL_get1_peer_certificate(accepting);
	assert_int_equal(X509_cmp(peer, c->cert), 0);
	assert_int_equal(SSL_get_verify_result(accepting), X509_V_OK);
}

static void servers_accept_it(void **state)
{
	static const enum ks_key_type types[] = { KS_RSA_2048, KS_RSA_3072, KS_EC_P256, KS_EC_P384,
		KS_EC_P521 };
	const struct token_fixture *f = *state;

	f->faults->no_raw_rsa = true;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const char *name = ks_key_type_name(types[i]);
		struct ks_credential_source src = source(TOKEN_URI, name);
		AUTO(ks_credential) struct ks_credential c = { 0 };

		add_key((int)i + 1, (int)i + 1, name, types[i]);
		src.module = f->fault_module;
		if (!ks_credential_load(&c, &src, &err))
			fail_msg("%s", err.text);
		handshake(&c, TLS1_3_VERSION);
		handshake(&c, TLS1_2_VERSION);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(the_only_key),
		WITH_TOKEN(one_of_two),
		WITH_TOKEN(one_label_twice),
		WITH_TOKEN(nothing_there),
		WITH_TOKEN(a_certificate_under_another_id),
		WITH_TOKEN(no_public_key_as_on_smart_cards),
		WITH_TOKEN(chain_from_the_token),
		WITH_TOKEN(certificates_from_outside),
		WITH_TOKEN(a_wrong_pin_shows),
		WITH_TOKEN(servers_accept_it),
	};

	if (!token_available())
		return 77;
	if (!secret_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, make_all, free_all);
}
