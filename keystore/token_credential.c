#include "keystore/token_credential.h"

#include <openssl/err.h>

#include "keystore/ks_pem.h"
#include "keystore/token_search.h"

#define CERTS_MAX 256

static bool gather(STACK_OF(X509) * certs, const struct token *t, struct err *err)
{
	CK_OBJECT_HANDLE objects[CERTS_MAX];
	size_t n;

	if (!token_search_class(objects, &n, CERTS_MAX, t, CKO_CERTIFICATE, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		X509 *cert = token_certificate(t, objects[i]);

		if (cert && !sk_X509_push(certs, cert)) {
			X509_free(cert);
			return err_memory(err);
		}
	}
	ERR_clear_error();
	return true;
}

/* Who brings certificates knows which one belongs to the key: a token may hold older ones. */
/* What is looked for, and what is found. */
struct looking {
	struct token *token;
	const struct ks_credential_source *src;
	P11KitUri *uri;
	EVP_PKEY **key;
	STACK_OF(X509) * certs;
};

static bool look(void *arg, struct err *err)
{
	const struct looking *l = arg;
	const char *alias = l->src->alias && *l->src->alias ? l->src->alias : NULL;
	CK_OBJECT_HANDLE private = CK_INVALID_HANDLE;

	/* a key that wants its PIN at each use is tried here, where a refusal is told apart */
	return token_search_key(&private, l->token, alias, l->uri, err) &&
	       token_private_key(l->key, l->token, private, err) &&
	       (!token_wants_pin(l->token, private) || ks_probe(*l->key, err)) &&
	       (l->src->len ? ks_pem_read_certificates(l->certs, l->src->data, l->src->len, err)
			    : gather(l->certs, l->token, err));
}

static bool open_token(struct ks **out, const struct ks_credential_source *src, struct err *err)
{
	const struct ks_token token = { .module = src->module,
		.init_args = src->init_args,
		.uri = src->uri,
		.pin = src->password,
		.timeout_ms = src->timeout_ms };
	bool pin_refused;
	bool ok = ks_open_token(out, &pin_refused, &token, err);

	if (src->pin_refused)
		*src->pin_refused = pin_refused;
	return ok;
}

bool token_credential(struct ks **ks, EVP_PKEY **key, STACK_OF(X509) * *certs,
	const struct ks_credential_source *src, struct err *err)
{
	AUTO(ks) struct ks *opened = NULL;
	AUTO(uri) P11KitUri *uri = NULL;
	AUTO(x509_stack) STACK_OF(X509) *found = sk_X509_new_null();
	AUTO(pkey) EVP_PKEY *pkey = NULL;
	struct looking l = { .src = src, .key = &pkey, .certs = found };

	if (!found)
		return err_memory(err);
	if (!open_token(&opened, src, err) || !uri_parse(&uri, src->uri, err))
		return false;
	l.token = token_of(opened);
	l.uri = uri;
	if (!guard_run(l.token->p11.guard, look, &l, err)) {
		if (src->pin_refused)
			*src->pin_refused = ks_pin_refused(opened);
		return err_wrap(err, "%s", opened->name);
	}
	*key = TAKE(pkey);
	*certs = TAKE(found);
	*ks = TAKE(opened);
	return true;
}
