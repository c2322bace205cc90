#include "keystore/token_credential.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "keystore/token.h"
#include "keystore/uri.h"

#define KEYS_MAX 256
#define CERTS_MAX 256

/* What the key has to have, and what there is. */
struct search {
	struct token *token;
	const char *alias; /* NULL: any */
	P11KitUri *uri;
	CK_OBJECT_HANDLE key[KEYS_MAX];
	size_t keys;
};

static CK_ATTRIBUTE read_attribute(const struct search *s, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type, char *out, size_t room)
{
	CK_ATTRIBUTE a = { type, out, room };

	if (!p11_attr(out, &a.ulValueLen, &s->token->p11, object, type))
		a.ulValueLen = 0;
	return a;
}

static bool fits(const struct search *s, CK_OBJECT_HANDLE key)
{
	struct ks_id id;
	char label[KS_LABEL_MAX];
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE has[] = {
		read_attribute(s, key, CKA_LABEL, label, sizeof(label)),
		read_attribute(s, key, CKA_ID, (char *)id.data, sizeof(id.data)),
		P11_ATTR(CKA_CLASS, class),
	};

	return p11_kit_uri_match_attributes(s->uri, has, ARRAY_LEN(has)) &&
	       (!s->alias || (strlen(s->alias) == has[0].ulValueLen &&
				     !memcmp(s->alias, label, has[0].ulValueLen)));
}

static bool refuse(const struct search *s, const char *why, struct err *err)
{
	AUTO(buf) struct buf labels = BUF(256);

	for (size_t i = 0; i < s->keys; i++) {
		char label[KS_LABEL_MAX];
		CK_ATTRIBUTE a = read_attribute(s, s->key[i], CKA_LABEL, label, sizeof(label));

		buf_addf(&labels, "%s'%.*s'", i ? ", " : "", (int)a.ulValueLen, label);
	}
	return err_set(err, ERR_KEYSTORE, "%s: %s", why, s->keys ? buf_str(&labels) : "none");
}

static bool find_class(CK_OBJECT_HANDLE *out, size_t *n, size_t max, const struct token *t,
	CK_OBJECT_CLASS class, struct err *err)
{
	const CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class) };

	return p11_find(out, n, max, &t->p11, match, ARRAY_LEN(match), err);
}

static bool choose(EVP_PKEY **out, struct search *s, struct err *err)
{
	CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;

	if (!find_class(s->key, &s->keys, KEYS_MAX, s->token, CKO_PRIVATE_KEY, err))
		return false;
	for (size_t i = 0; i < s->keys; i++) {
		if (!fits(s, s->key[i]))
			continue;
		if (found != CK_INVALID_HANDLE)
			return refuse(
				s, "several private keys fit; choose one by alias or id=, of", err);
		found = s->key[i];
	}
	if (found == CK_INVALID_HANDLE)
		return refuse(s, "no private key fits the alias and uri; there are", err);
	return token_private_key(out, s->token, found, err);
}

static bool gather(STACK_OF(X509) * certs, const struct token *t, struct err *err)
{
	CK_OBJECT_HANDLE objects[CERTS_MAX];
	size_t n;

	if (!find_class(objects, &n, CERTS_MAX, t, CKO_CERTIFICATE, err))
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
static bool add_given(
	STACK_OF(X509) * certs, const struct ks_credential_source *src, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(src->data, (int)src->len);
	X509 *cert;

	if (!bio)
		return err_memory(err);
	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (!sk_X509_push(certs, cert)) {
			X509_free(cert);
			return err_memory(err);
		}
	ERR_clear_error();
	return true;
}

static bool open_token(struct ks **out, const struct ks_credential_source *src, struct err *err)
{
	const struct ks_token token = { .module = src->module,
		.init_args = src->init_args,
		.uri = src->uri,
		.pin = src->password };
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
	struct search s = { .alias = src->alias && *src->alias ? src->alias : NULL };

	if (!found)
		return err_memory(err);
	if (!open_token(&opened, src, err) || !uri_parse(&uri, src->uri, err))
		return false;
	s.token = token_of(opened);
	s.uri = uri;
	if (!choose(&pkey, &s, err) ||
		!(src->len ? add_given(found, src, err) : gather(found, s.token, err)))
		return err_wrap(err, "%s", opened->name);
	*key = TAKE(pkey);
	*certs = TAKE(found);
	*ks = TAKE(opened);
	return true;
}
