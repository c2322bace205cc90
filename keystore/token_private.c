#include <openssl/err.h>

#include "keystore/p11_public.h"
#include "keystore/provider.h"
#include "keystore/token.h"

/* The first object of a class that has this id; CK_INVALID_HANDLE when there is none. */
static bool find_twin(CK_OBJECT_HANDLE *out, struct token *t, CK_OBJECT_CLASS class,
	const struct ks_id *id, struct err *err)
{
	const CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class),
		{ CKA_ID, (void *)id->data, id->len } };
	CK_OBJECT_HANDLE objects[TOKEN_TWINS_MAX];
	size_t n;

	if (!p11_find(objects, &n, TOKEN_TWINS_MAX, &t->p11, match, ARRAY_LEN(match), err))
		return false;
	*out = n ? objects[0] : CK_INVALID_HANDLE;
	return true;
}

static bool certified(EVP_PKEY **out, const struct token *t, CK_OBJECT_HANDLE certificate)
{
	AUTO(x509) X509 *cert = token_certificate(t, certificate);

	*out = cert ? X509_get_pubkey(cert) : NULL;
	ERR_clear_error();
	return *out;
}

static bool public_half(EVP_PKEY **out, struct token *t, CK_OBJECT_HANDLE private, struct err *err)
{
	struct ks_id id;
	CK_OBJECT_HANDLE twin = CK_INVALID_HANDLE;

	if (!p11_id(&id, &t->p11, private))
		return p11_public(out, &t->p11, private, err);
	if (!find_twin(&twin, t, CKO_PUBLIC_KEY, &id, err))
		return false;
	if (twin != CK_INVALID_HANDLE)
		return p11_public(out, &t->p11, twin, err);
	if (p11_public(out, &t->p11, private, err))
		return true;
	if (!find_twin(&twin, t, CKO_CERTIFICATE, &id, err))
		return false;
	return (twin != CK_INVALID_HANDLE && certified(out, t, twin)) ||
	       err_set(err, ERR_KEYSTORE,
		       "neither a public key nor a certificate is there with the private key's id");
}

bool token_wants_pin(const struct token *t, CK_OBJECT_HANDLE private)
{
	CK_BBOOL always = CK_FALSE;
	size_t len = sizeof(always);

	return p11_attr(&always, &len, &t->p11, private, CKA_ALWAYS_AUTHENTICATE) && always;
}

bool token_private_key(EVP_PKEY **out, struct token *t, CK_OBJECT_HANDLE private, struct err *err)
{
	AUTO(pkey) EVP_PKEY *public = NULL;
	struct p11_key key = { .p11 = t->p11, .object = private };

	if (!public_half(&public, t, private, err))
		return false;
	if (token_wants_pin(t, private))
		key.pin = t->pin;
	key.pin_refused = &t->ks.pin_refused;
	return provider_key(out, public, &key, err);
}
