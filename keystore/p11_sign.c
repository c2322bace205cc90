#include "keystore/p11_sign.h"

#include <assert.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "base/secret.h"

#define INPUT_MAX 256	   /* a DigestInfo */
#define SIGNATURE_MAX 1024 /* RSA of 8192 bits */

static const struct digest {
	int nid;
	CK_MECHANISM_TYPE mechanism;
	CK_RSA_PKCS_MGF_TYPE mgf;
} digests[] = {
	{ NID_sha256, CKM_SHA256, CKG_MGF1_SHA256 },
	{ NID_sha384, CKM_SHA384, CKG_MGF1_SHA384 },
	{ NID_sha512, CKM_SHA512, CKG_MGF1_SHA512 },
};

static const struct digest *find_digest(int nid)
{
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		if (digests[i].nid == nid)
			return &digests[i];
	return NULL;
}

/* CKM_RSA_PKCS pads what it gets: it wants the DigestInfo of RFC 8017 9.2, which has this form. */
static bool digest_info(
	unsigned char *out, size_t *len, int nid, const unsigned char *hash, size_t hash_len)
{
	X509_SIG *info = X509_SIG_new();
	X509_ALGOR *algorithm = NULL;
	ASN1_OCTET_STRING *digest = NULL;
	int n = -1;

	if (info)
		X509_SIG_getm(info, &algorithm, &digest);
	if (info && X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_NULL, NULL) &&
		ASN1_OCTET_STRING_set(digest, hash, (int)hash_len))
		n = i2d_X509_SIG(info, NULL);
	if (n > 0 && (size_t)n <= *len)
		*len = (size_t)i2d_X509_SIG(info, &out);
	else
		n = -1;
	X509_SIG_free(info);
	return n > 0;
}

/* A private key that wants the PIN again, for this signature alone (PKCS#11 5.12). */
static CK_RV authenticate(const struct p11_key *key)
{
	const struct secret *pin = key->pin;
	CK_RV rv;

	if (!pin)
		return CKR_OK;
	rv = P11_CALL(&key->p11, C_Login, CKU_CONTEXT_SPECIFIC, (unsigned char *)secret_bytes(pin),
		secret_len(pin));
	*key->pin_refused = p11_pin_refused(rv);
	return rv;
}

/* One signature, with all that the module is handed. */
struct signing {
	struct p11_key key;
	CK_MECHANISM mechanism; /* its parameter is `pss`, if it has one */
	CK_RSA_PKCS_PSS_PARAMS pss;
	unsigned char input[INPUT_MAX];
	size_t input_len;
	unsigned char out[SIGNATURE_MAX];
	CK_ULONG len;
};

static bool sign_now(void *arg, struct err *err)
{
	struct signing *s = arg;
	struct signing own = *s; /* which stays when the module does not return */
	CK_RV rv;

	if (own.mechanism.pParameter)
		own.mechanism.pParameter = &own.pss;
	/* each attempt counts: a second one could lock the token */
	if (own.key.pin && *own.key.pin_refused)
		return p11_err(err, CKR_PIN_INCORRECT, "sign");
	rv = P11_CALL(&own.key.p11, C_SignInit, &own.mechanism, own.key.object);
	if (rv == CKR_OK) {
		CK_RV refused = authenticate(&own.key);

		/* also without a login, which ends it: no other key could sign before that */
		rv = P11_CALL(&own.key.p11, C_Sign, own.input, own.input_len, own.out, &own.len);
		if (refused != CKR_OK)
			rv = refused;
	}
	if (rv == CKR_OK && own.len > s->len)
		rv = CKR_SIGNATURE_LEN_RANGE;
	if (rv != CKR_OK)
		return p11_err(err, rv, "sign");
	memcpy(s->out, own.out, own.len);
	s->len = own.len;
	return true;
}

static bool sign(unsigned char *out, size_t *len, const struct p11_key *key,
	const CK_MECHANISM *mechanism, const unsigned char *input, size_t input_len)
{
	struct signing s = { .key = *key, .mechanism = *mechanism, .input_len = input_len };
	struct err err;

	assert(input_len <= sizeof(s.input));
	memcpy(s.input, input, input_len);
	if (mechanism->pParameter)
		s.pss = *(const CK_RSA_PKCS_PSS_PARAMS *)mechanism->pParameter;
	s.len = *len < sizeof(s.out) ? *len : sizeof(s.out);
	if (!guard_run(key->p11.guard, sign_now, &s, &err)) {
		err_wrap(&err, "%s", key->p11.name);
		return p11_raise_err(&err);
	}
	memcpy(out, s.out, s.len);
	*len = s.len;
	return true;
}

/* PKCS#11 gives r and s side by side. */
static bool to_der(unsigned char *out, size_t *len, const unsigned char *pair, size_t pair_len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int half = (int)(pair_len / 2);
	BIGNUM *r = BN_bin2bn(pair, half, NULL);
	BIGNUM *s = BN_bin2bn(pair + half, half, NULL);
	int n = -1;

	if (sig && r && s && half && ECDSA_SIG_set0(sig, r, s)) {
		n = i2d_ECDSA_SIG(sig, NULL);
	} else {
		BN_free(r);
		BN_free(s);
	}
	if (n > 0 && (size_t)n <= *len)
		*len = (size_t)i2d_ECDSA_SIG(sig, &out);
	else
		n = -1;
	ECDSA_SIG_free(sig);
	return n > 0 || p11_raise(CKR_SIGNATURE_LEN_RANGE, "sign");
}

static bool sign_ecdsa(unsigned char *out, size_t *len, const struct p11_key *key,
	const struct p11_scheme *scheme, const unsigned char *hash, size_t hash_len)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	unsigned char pair[INPUT_MAX];
	size_t pair_len = sizeof(pair);
	size_t order = (scheme->bits + 7) / 8;

	if (hash_len > order)
		hash_len = order;
	return sign(pair, &pair_len, key, &mechanism, hash, hash_len) &&
	       to_der(out, len, pair, pair_len);
}

static bool sign_pkcs1(unsigned char *out, size_t *len, const struct p11_key *key,
	const struct p11_scheme *scheme, const unsigned char *hash, size_t hash_len)
{
	CK_MECHANISM mechanism = { CKM_RSA_PKCS, NULL, 0 };
	unsigned char info[INPUT_MAX];
	size_t info_len = sizeof(info);

	if (!digest_info(info, &info_len, scheme->digest, hash, hash_len))
		return p11_raise(CKR_HOST_MEMORY, "sign");
	return sign(out, len, key, &mechanism, info, info_len);
}

static bool sign_pss(unsigned char *out, size_t *len, const struct p11_key *key,
	const struct p11_scheme *scheme, const unsigned char *hash, size_t hash_len)
{
	const struct digest *digest = find_digest(scheme->digest);
	CK_RSA_PKCS_PSS_PARAMS param = { .sLen = (CK_ULONG)scheme->salt_len };
	CK_MECHANISM mechanism = { CKM_RSA_PKCS_PSS, &param, sizeof(param) };

	if (!digest)
		return p11_raise(CKR_MECHANISM_PARAM_INVALID, "sign");
	param.hashAlg = digest->mechanism;
	param.mgf = digest->mgf;
	return sign(out, len, key, &mechanism, hash, hash_len);
}

bool p11_sign(unsigned char *out, size_t *len, const struct p11_key *key,
	const struct p11_scheme *scheme, const unsigned char *hash, size_t hash_len)
{
	switch (scheme->kind) {
	case P11_RSA_PKCS1:
		return sign_pkcs1(out, len, key, scheme, hash, hash_len);
	case P11_RSA_PSS:
		return sign_pss(out, len, key, scheme, hash, hash_len);
	default:
		return sign_ecdsa(out, len, key, scheme, hash, hash_len);
	}
}

static ASN1_STRING *pss_parameters(const struct p11_scheme *scheme)
{
	RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
	ASN1_STRING *digest_der = NULL;
	ASN1_STRING *der = NULL;

	if (!pss)
		return NULL;
	pss->hashAlgorithm = X509_ALGOR_new();
	pss->maskGenAlgorithm = X509_ALGOR_new();
	pss->saltLength = ASN1_INTEGER_new();
	if (pss->hashAlgorithm && pss->maskGenAlgorithm && pss->saltLength &&
		X509_ALGOR_set0(
			pss->hashAlgorithm, OBJ_nid2obj(scheme->digest), V_ASN1_NULL, NULL) &&
		ASN1_INTEGER_set(pss->saltLength, scheme->salt_len))
		digest_der = ASN1_item_pack(pss->hashAlgorithm, ASN1_ITEM_rptr(X509_ALGOR), NULL);
	if (digest_der && X509_ALGOR_set0(pss->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1),
				  V_ASN1_SEQUENCE, digest_der))
		der = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
	else
		ASN1_STRING_free(digest_der);
	RSA_PSS_PARAMS_free(pss);
	return der;
}

static bool set_algorithm(X509_ALGOR *out, const struct p11_scheme *scheme)
{
	int key = scheme->kind == P11_ECDSA ? NID_X9_62_id_ecPublicKey : NID_rsaEncryption;
	ASN1_STRING *pss;
	int nid;

	if (scheme->kind != P11_RSA_PSS)
		/* RFC 4055 wants NULL for RSA, RFC 5758 nothing at all for ECDSA */
		return OBJ_find_sigid_by_algs(&nid, scheme->digest, key) &&
		       X509_ALGOR_set0(out, OBJ_nid2obj(nid),
			       scheme->kind == P11_ECDSA ? V_ASN1_UNDEF : V_ASN1_NULL, NULL);
	pss = pss_parameters(scheme);
	if (pss && X509_ALGOR_set0(out, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, pss))
		return true;
	ASN1_STRING_free(pss);
	return false;
}

X509_ALGOR *p11_scheme_algorithm(const struct p11_scheme *scheme)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();

	if (algorithm && set_algorithm(algorithm, scheme))
		return algorithm;
	X509_ALGOR_free(algorithm);
	return NULL;
}
