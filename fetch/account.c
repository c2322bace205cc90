#include "fetch/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "fetch/sandbox.h"
#include "keystore/ks_trust.h"

#define ANCHORS_MAX (4 * 1024 * 1024)

static enum ks_credential_type type_of(enum wire_store_type type)
{
	switch (type) {
	case WIRE_STORE_PKCS12:
		return KS_PKCS12;
	case WIRE_STORE_PKCS11:
		return KS_PKCS11;
	case WIRE_STORE_JKS:
		return KS_JKS;
	case WIRE_STORE_JCEKS:
		return KS_JCEKS;
	default:
		return KS_PEM;
	}
}

/* NULL in *out for an empty one: there is none. */
static bool copy_secret(struct secret **out, const struct wire_bytes *from, struct err *err)
{
	*out = from->len ? secret_new(from->data, from->len) : NULL;
	return *out || !from->len || err_memory(err);
}

static bool load(
	struct ks_credential *out, bool *pin_refused, const struct wire_account *w, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;
	AUTO(secret) struct secret *key_password = NULL;
	struct ks_credential_source source = { .type = type_of(w->store_type),
		.data = w->store.data,
		.len = w->store.len,
		.alias = w->store_alias,
		.module = w->token_module,
		.init_args = w->token_init_args[0] ? w->token_init_args : NULL,
		.uri = w->token_uri,
		.timeout_ms = (int64_t)w->token_timeout * 1000,
		.pin_refused = pin_refused };

	if (w->store_type == WIRE_STORE_NONE)
		return true;
	if (!copy_secret(&password, &w->store_password, err) ||
		!copy_secret(&key_password, &w->key_password, err))
		return false;
	source.password = password;
	source.key_password = key_password;
	return ks_credential_load(out, &source, err);
}

/* What the account record has besides certificates; scm_endpoint_init() makes copies. */
struct parts {
	struct buf anchors; /* PEM, whatever they came in */
	struct secret *secret;
	struct secret *proxy_password;
};

static void parts_dispose(struct parts *p)
{
	buf_dispose(&p->anchors);
	secret_free(p->secret);
	secret_free(p->proxy_password);
}
AUTO_DEFINE_REF(parts, struct parts, parts_dispose);

static bool load_trust(struct buf *out, const struct wire_account *w, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;

	if (!w->trust_store.len)
		return true;
	if (!copy_secret(&password, &w->trust_password, err))
		return false;
	if (ks_trust_load(out, type_of(w->trust_type), w->trust_store.data, w->trust_store.len,
		    password, err))
		return true;
	err->kind = ERR_CONFIG;
	return err_wrap(err, "ssl_trust_store");
}

static bool load_parts(struct parts *p, const struct wire_account *w, struct err *err)
{
	p->anchors = BUF(ANCHORS_MAX);
	return load_trust(&p->anchors, w, err) && copy_secret(&p->secret, &w->secret, err) &&
	       copy_secret(&p->proxy_password, &w->proxy_password, err);
}

/* A token's module is loaded outside, with its environment; a file is parsed inside. */
static bool load_sealed(
	struct ks_credential *out, bool *pin_refused, const struct wire_account *w, struct err *err)
{
	if (w->store_type == WIRE_STORE_PKCS11)
		return load(out, pin_refused, w, err) && sandbox_seal(SANDBOX_TOKEN, err);
	clearenv();
	return sandbox_seal(SANDBOX_NETWORK, err) && load(out, pin_refused, w, err);
}

static int64_t end_of(const X509 *cert)
{
	struct tm tm;

	return ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) ? timegm(&tm) : 0;
}

/* One longer than RFC 5280 allows is none that SCM could know. */
static void write_serial(char out[static ACCOUNT_SERIAL_MAX], const X509 *cert)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;

	if (hex && strlen(hex) < ACCOUNT_SERIAL_MAX)
		snprintf(out, ACCOUNT_SERIAL_MAX, "%s", hex);
	OPENSSL_free(hex);
	BN_free(number);
}

static struct scm_account describe(
	const struct wire_account *w, const struct ks_credential *credential, const struct parts *p)
{
	return (struct scm_account) { .api = w->api,
		.url = w->url,
		.customer_uri = w->customer_uri,
		.auth = w->auth,
		.login = w->login,
		.secret = p->secret,
		.token_url = w->token_url,
		.key = credential->key,
		.certificate = credential->cert,
		.chain = credential->chain,
		.anchors = p->anchors.data,
		.anchors_len = p->anchors.len,
		.proxy_host = w->proxy_host,
		.proxy_port = w->proxy_port,
		.proxy_user = w->proxy_user,
		.proxy_password = p->proxy_password };
}

bool account_open(
	struct account *out, bool *pin_refused, const struct wire_account *w, struct err *err)
{
	AUTO(ks_credential) struct ks_credential credential = { 0 };
	AUTO(parts) struct parts parts = { 0 };
	struct scm_account to;

	*pin_refused = false;
	if (!load_sealed(&credential, pin_refused, w, err) || !load_parts(&parts, w, err))
		return false;
	to = describe(w, &credential, &parts);
	if (!scm_client_new(&out->client, &to, w->parallel, err))
		return false;
	if (credential.cert) {
		out->not_after = end_of(credential.cert);
		write_serial(out->serial, credential.cert);
	}
	out->credential = credential;
	credential = (struct ks_credential) { 0 };
	return true;
}

void account_close(struct account *a)
{
	scm_client_free(TAKE(a->client));
	ks_credential_dispose(&a->credential);
}
