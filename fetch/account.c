#include "fetch/account.h"

#include <stdlib.h>
#include <time.h>

#include "base/secret.h"
#include "fetch/sandbox.h"

static enum ks_credential_type type_of(enum wire_store_type type)
{
	switch (type) {
	case WIRE_STORE_PKCS12:
		return KS_PKCS12;
	case WIRE_STORE_PKCS11:
		return KS_PKCS11;
	default:
		return KS_PEM;
	}
}

static bool load(
	struct ks_credential *out, bool *pin_refused, const struct wire_account *w, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;
	struct ks_credential_source source = { .type = type_of(w->store_type),
		.data = w->store.data,
		.len = w->store.len,
		.alias = w->store_alias,
		.module = w->token_module,
		.uri = w->token_uri,
		.pin_refused = pin_refused };

	if (w->store_password.len) {
		password = secret_new(w->store_password.data, w->store_password.len);
		if (!password)
			return err_memory(err);
	}
	source.password = password;
	return ks_credential_load(out, &source, err);
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

bool account_open(
	struct account *out, bool *pin_refused, const struct wire_account *w, struct err *err)
{
	AUTO(ks_credential) struct ks_credential credential = { 0 };
	struct scm_account to = { .url = w->url,
		.customer_uri = w->customer_uri,
		.login = w->login,
		.anchors = w->trust_store.data,
		.anchors_len = w->trust_store.len };

	*pin_refused = false;
	if (!load_sealed(&credential, pin_refused, w, err))
		return false;
	to.key = credential.key;
	to.certificate = credential.cert;
	to.chain = credential.chain;
	if (!scm_client_new(&out->client, &to, w->parallel, err))
		return false;
	out->not_after = end_of(credential.cert);
	out->credential = credential;
	credential = (struct ks_credential) { 0 };
	return true;
}

void account_close(struct account *a)
{
	scm_client_free(TAKE(a->client));
	ks_credential_dispose(&a->credential);
}
