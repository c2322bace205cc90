#include <assert.h>

#include <p11-kit/p11-kit.h>

#include "keystore/token.h"

static const CK_BYTE f4[] = { 0x01, 0x00, 0x01 };

bool token_objects(CK_OBJECT_HANDLE out[static TOKEN_TWINS_MAX], size_t *n, struct token *t,
	CK_OBJECT_CLASS class, const struct ks_ref *ref, struct err *err)
{
	CK_BBOOL yes = CK_TRUE;
	const CK_ATTRIBUTE match[] = {
		P11_ATTR(CKA_CLASS, class),
		P11_ATTR(CKA_TOKEN, yes),
		token_id(ref),
	};

	/* all objects without an id would match */
	assert(ref->id.len);
	return p11_find(out, n, TOKEN_TWINS_MAX, &t->p11, match, ARRAY_LEN(match), err);
}

static CK_RV generate_pair(
	struct token *t, const struct ks_ref *ref, const struct ks_key_spec *spec)
{
	CK_MECHANISM mechanism = { spec->group ? CKM_EC_KEY_PAIR_GEN : CKM_RSA_PKCS_KEY_PAIR_GEN,
		NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL no = CK_FALSE;
	CK_ULONG bits = spec->bits;
	CK_OBJECT_HANDLE pub;
	CK_OBJECT_HANDLE priv;
	CK_ATTRIBUTE public[] = {
		token_id(ref),
		token_label(ref),
		P11_ATTR(CKA_TOKEN, yes),
		P11_ATTR(CKA_VERIFY, yes),
		P11_ATTR(CKA_MODULUS_BITS, bits),
		P11_ATTR(CKA_PUBLIC_EXPONENT, f4),
	};
	CK_ATTRIBUTE private[] = {
		token_id(ref),
		token_label(ref),
		P11_ATTR(CKA_TOKEN, yes),
		P11_ATTR(CKA_PRIVATE, yes),
		P11_ATTR(CKA_SENSITIVE, yes),
		P11_ATTR(CKA_EXTRACTABLE, no),
		P11_ATTR(CKA_SIGN, yes),
	};
	CK_ULONG n_public = ARRAY_LEN(public);

	if (spec->group) {
		public[4] = (CK_ATTRIBUTE) { CKA_EC_PARAMS, (void *)spec->ec_params,
			spec->ec_params_len };
		n_public--;
	}
	return P11_CALL(&t->p11, C_GenerateKeyPair, &mechanism, public, n_public, private,
		ARRAY_LEN(private), &pub, &priv);
}

/* Few modules say that a token is full; the rest say that something is wrong. */
bool token_write_err(struct err *err, CK_RV rv, const char *what)
{
	switch (rv) {
	case CKR_SESSION_READ_ONLY:
	case CKR_TOKEN_WRITE_PROTECTED:
		return err_set(err, ERR_KEYSTORE,
			"%s: the token may only be read (CKR 0x%lx): it is write-protected, or its "
			"module's settings open it so",
			what, rv);
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_MEMORY:
	case CKR_FUNCTION_FAILED:
	case CKR_GENERAL_ERROR:
		p11_err(err, rv, what);
		return err_wrap(err, "the token may be full, or its files not writable");
	default:
		return p11_err(err, rv, what);
	}
}

/* What modules say to a size or curve that they don't have. */
static bool not_that_type(CK_RV rv)
{
	return rv == CKR_MECHANISM_INVALID || rv == CKR_CURVE_NOT_SUPPORTED ||
	       rv == CKR_KEY_SIZE_RANGE || rv == CKR_ATTRIBUTE_VALUE_INVALID ||
	       rv == CKR_DOMAIN_PARAMS_INVALID;
}

bool token_generate(struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err)
{
	struct token *t = token_of(ks);
	CK_RV rv = generate_pair(t, ref, ks_key_spec(type));

	if (not_that_type(rv))
		return err_set(err, ERR_KEYSTORE,
			"the token can't make such keys (%s, CKR 0x%lx); choose another key_type",
			p11_kit_strerror(rv), rv);
	return rv == CKR_OK || token_write_err(err, rv, "generate");
}

static bool count(size_t *n, struct token *t, CK_OBJECT_CLASS class, const struct ks_ref *ref,
	struct err *err)
{
	CK_OBJECT_HANDLE objects[TOKEN_TWINS_MAX];

	return token_objects(objects, n, t, class, ref, err);
}

/* A module that was killed may have made both objects, and the private one without its value. */
static bool signs(struct ks *ks, const struct ks_ref *ref)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	struct err ignored;

	return token_load(&key, ks, ref, &ignored) && ks_probe(key, &ignored);
}

/* Objects under one id. */
struct holding {
	size_t private;
	size_t public;
	size_t certificates;
};

static bool count_all(
	struct holding *out, struct token *t, const struct ks_ref *ref, struct err *err)
{
	return count(&out->private, t, CKO_PRIVATE_KEY, ref, err) &&
	       count(&out->public, t, CKO_PUBLIC_KEY, ref, err) &&
	       count(&out->certificates, t, CKO_CERTIFICATE, ref, err);
}

/* A session that has lost its login shows no private keys. */
static bool logged_in(const struct token *t, struct err *err)
{
	CK_SESSION_INFO info = { 0 };
	CK_RV rv = GUARDED(t->p11.fn, C_GetSessionInfo, t->p11.session, &info);

	if (rv != CKR_OK)
		return p11_err(err, rv, "look at the session");
	return !t->pin || info.state == CKS_RW_USER_FUNCTIONS ||
	       info.state == CKS_RO_USER_FUNCTIONS ||
	       err_set(err, ERR_KEYSTORE, "the session is not logged in any more");
}

/* What is removed can't be had back: not on the word of one answer. */
static bool remove_half(
	struct ks *ks, const struct ks_ref *ref, const struct holding *first, struct err *err)
{
	struct holding again;

	if (!logged_in(token_of(ks), err) || !count_all(&again, token_of(ks), ref, err))
		return false;
	if (again.private != first->private || again.public != first->public ||
		again.certificates != first->certificates)
		return err_set(
			err, ERR_KEYSTORE, "the token's answers change; nothing was removed");
	return token_delete(ks, ref, err);
}

bool token_find(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct holding has;

	if (!count_all(&has, token_of(ks), ref, err))
		return false;
	if (has.private > 1 || has.public > 1)
		return err_set(err, ERR_KEYSTORE, "several keys have the same id");
	if (has.private != has.public && has.certificates)
		return err_set(err, ERR_KEYSTORE,
			"the %s half of a key with a certificate is missing; nothing was removed",
			has.private ? "public" : "private");
	*found = has.private && has.public && (has.certificates || signs(ks, ref));
	if (!*found && (has.private || has.public || has.certificates) &&
		!remove_half(ks, ref, &has, err))
		return err_wrap(err, "what is left of an earlier attempt");
	return true;
}

bool token_exists(bool *out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	size_t private;

	if (!count(&private, token_of(ks), CKO_PRIVATE_KEY, ref, err))
		return false;
	*out = private;
	return true;
}

bool token_load(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct token *t = token_of(ks);
	CK_OBJECT_HANDLE objects[TOKEN_TWINS_MAX];
	size_t n;

	if (!token_objects(objects, &n, t, CKO_PRIVATE_KEY, ref, err))
		return false;
	if (n != 1)
		return err_set(err, ERR_KEYSTORE,
			n ? "several keys have the same id" : "the private key is not there");
	return token_private_key(out, t, objects[0], err);
}

bool token_destroy(struct token *t, CK_OBJECT_HANDLE object, struct err *err)
{
	CK_RV rv = P11_CALL(&t->p11, C_DestroyObject, object);

	return rv == CKR_OK || token_write_err(err, rv, "remove an object");
}

static bool delete_class(
	struct token *t, CK_OBJECT_CLASS class, const struct ks_ref *ref, struct err *err)
{
	CK_OBJECT_HANDLE objects[TOKEN_TWINS_MAX];
	size_t n;

	if (!token_objects(objects, &n, t, class, ref, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!token_destroy(t, objects[i], err))
			return false;
	if (!token_objects(objects, &n, t, class, ref, err))
		return false;
	return !n || err_set(err, ERR_KEYSTORE, "an object is still there after its removal");
}

bool token_remove_certificate(struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	return delete_class(token_of(ks), CKO_CERTIFICATE, ref, err);
}

bool token_delete(struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct token *t = token_of(ks);

	/* the private key last: until then a run that is cut short finds what it has to remove */
	return delete_class(t, CKO_CERTIFICATE, ref, err) &&
	       delete_class(t, CKO_PUBLIC_KEY, ref, err) &&
	       delete_class(t, CKO_PRIVATE_KEY, ref, err);
}
