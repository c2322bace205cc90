#include "keystore/token_credential.h"

#include <string.h>

#include "keystore/token.h"
#include "keystore/uri.h"

/* What the key has to have; NULL: anything goes. */
struct wanted {
	const char *label;
	const CK_ATTRIBUTE *object; /* object= of the URI */
	const CK_ATTRIBUTE *id;
};

static bool equal(const CK_ATTRIBUTE *wanted, const void *value, size_t len)
{
	return !wanted || (wanted->ulValueLen == len && !memcmp(wanted->pValue, value, len));
}

static bool fits(const PKCS11_KEY *key, const struct wanted *w)
{
	const char *label = key->label ? key->label : "";

	return key->isPrivate && (!w->label || !strcmp(w->label, label)) &&
	       equal(w->object, label, strlen(label)) && equal(w->id, key->id, key->id_len);
}

static bool refuse(const PKCS11_KEY *keys, unsigned n, const char *why, struct err *err)
{
	AUTO(buf) struct buf labels = BUF(256);

	for (unsigned i = 0; i < n; i++)
		buf_addf(&labels, "%s'%s'", i ? ", " : "", keys[i].label ? keys[i].label : "");
	return err_set(err, ERR_KEYSTORE, "%s: %s", why, n ? buf_str(&labels) : "none");
}

static bool choose(EVP_PKEY **out, struct token *t, const struct wanted *w, struct err *err)
{
	PKCS11_KEY *keys;
	PKCS11_KEY *found = NULL;
	unsigned n;

	if (!token_keys(&keys, &n, t, err))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!fits(&keys[i], w))
			continue;
		if (found)
			return refuse(keys, n,
				"several private keys fit; choose one by alias or id=, of", err);
		found = &keys[i];
	}
	if (!found)
		return refuse(keys, n, "no private key with this alias; there are", err);
	return token_private_key(out, found, err);
}

static bool gather(STACK_OF(X509) * certs, struct token *t, struct err *err)
{
	PKCS11_CERT *all;
	unsigned n;

	if (!token_certificates(&all, &n, t, err))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!all[i].x509)
			continue;
		if (!sk_X509_push(certs, all[i].x509))
			return err_memory(err);
		X509_up_ref(all[i].x509);
	}
	return true;
}

static bool open_token(struct ks **out, const struct ks_credential_source *src, struct err *err)
{
	const struct ks_token token = { src->module, src->uri, src->password };
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
	struct wanted w = { src->alias && *src->alias ? src->alias : NULL, NULL, NULL };

	if (!found)
		return err_memory(err);
	if (!open_token(&opened, src, err) || !uri_parse(&uri, src->uri, err))
		return false;
	w.object = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	w.id = p11_kit_uri_get_attribute(uri, CKA_ID);
	if (!choose(&pkey, token_of(opened), &w, err) || !gather(found, token_of(opened), err))
		return err_wrap(err, "%s", opened->name);
	*key = TAKE(pkey);
	*certs = TAKE(found);
	*ks = TAKE(opened);
	return true;
}
