#include "keystore/p11_public.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#define NUMBER_MAX 2048 /* bytes of a modulus or a point */

struct value {
	unsigned char data[NUMBER_MAX];
	size_t len;
};

static bool read(struct value *v, const struct p11 *p, CK_OBJECT_HANDLE object,
	CK_ATTRIBUTE_TYPE type, struct err *err)
{
	CK_RV rv;

	v->len = sizeof(v->data);
	rv = p11_read(v->data, &v->len, p, object, type);
	if (rv == CKR_OK && v->len)
		return true;
	p11_err(err, rv == CKR_OK ? CKR_ATTRIBUTE_VALUE_INVALID : rv, "read it");
	return err_wrap(err, "the token does not show the public key (attribute 0x%lx)", type);
}

static bool build(EVP_PKEY **out, const char *type, OSSL_PARAM *params, struct err *err)
{
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	ERR_clear_error();
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
		EVP_PKEY_fromdata(ctx, out, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		return err_crypto(err, ERR_KEYSTORE, "the public key in the token is damaged");
	return true;
}

static bool rsa(EVP_PKEY **out, const struct p11 *p, CK_OBJECT_HANDLE object, struct err *err)
{
	struct value modulus;
	struct value exponent;
	BIGNUM *n;
	BIGNUM *e;
	OSSL_PARAM_BLD *builder;
	OSSL_PARAM *params = NULL;
	bool ok;

	if (!read(&modulus, p, object, CKA_MODULUS, err) ||
		!read(&exponent, p, object, CKA_PUBLIC_EXPONENT, err))
		return false;
	n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
	builder = OSSL_PARAM_BLD_new();
	/* numbers that a module did not write: OpenSSL would take them */
	if (n && e && builder && !BN_is_zero(n) && !BN_is_zero(e) &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(builder);
	ok = build(out, "RSA", params, err);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return ok;
}

/* OpenSSL's name of the curve, NULL when it has none. */
static const char *curve(const struct value *params)
{
	const unsigned char *at = params->data;
	ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &at, (long)params->len);
	int nid = oid ? OBJ_obj2nid(oid) : NID_undef;

	ASN1_OBJECT_free(oid);
	return nid == NID_undef ? NULL : OBJ_nid2sn(nid);
}

/* CKA_EC_POINT is an OCTET STRING that holds the point; some modules give the point bare. */
static void unwrap(struct value *point)
{
	const unsigned char *at = point->data;
	ASN1_OCTET_STRING *inner = d2i_ASN1_OCTET_STRING(NULL, &at, (long)point->len);

	if (inner && at == point->data + point->len) {
		point->len = (size_t)ASN1_STRING_length(inner);
		memcpy(point->data, ASN1_STRING_get0_data(inner), point->len);
	}
	ASN1_OCTET_STRING_free(inner);
}

static bool ec(EVP_PKEY **out, const struct p11 *p, CK_OBJECT_HANDLE object, struct err *err)
{
	struct value oid;
	struct value point;
	const char *group;
	OSSL_PARAM params[3];

	if (!read(&oid, p, object, CKA_EC_PARAMS, err) ||
		!read(&point, p, object, CKA_EC_POINT, err))
		return false;
	group = curve(&oid);
	if (!group)
		return err_set(err, ERR_KEYSTORE, "the key in the token is on an unknown curve");
	unwrap(&point);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0);
	params[1] =
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len);
	params[2] = OSSL_PARAM_construct_end();
	return build(out, "EC", params, err);
}

bool p11_public(EVP_PKEY **out, const struct p11 *p, CK_OBJECT_HANDLE object, struct err *err)
{
	CK_ULONG type = CK_UNAVAILABLE_INFORMATION;
	size_t len = sizeof(type);
	CK_RV rv = p11_read(&type, &len, p, object, CKA_KEY_TYPE);

	if (rv != CKR_OK)
		return p11_err(err, rv, "read the type of the key in the token");
	switch (type) {
	case CKK_RSA:
		return rsa(out, p, object, err);
	case CKK_EC:
		return ec(out, p, object, err);
	default:
		return err_set(err, ERR_KEYSTORE, "the key in the token is neither RSA nor EC");
	}
}
