#include "keystore/signature.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "base/parse.h"
#include "keystore/keymgmt.h"

#define SALT_LIKE_DIGEST (-1)

struct signing {
	const struct keymgmt_key *key; /* borrowed from the EVP_PKEY */
	EVP_MD *digest;
	bool pss;
	int salt_len;
};

static void *new_signing(void *provider, const char *properties)
{
	struct signing *s = calloc(1, sizeof(*s));

	(void)provider;
	(void)properties;
	if (s)
		s->salt_len = SALT_LIKE_DIGEST;
	return s;
}

static void free_signing(void *data)
{
	struct signing *s = data;

	if (!s)
		return;
	EVP_MD_free(s->digest);
	free(s);
}

static bool is_ec(const struct signing *s)
{
	return !strcmp(s->key->type, "EC");
}

static bool set_padding(struct signing *s, const OSSL_PARAM *param)
{
	const char *text;
	int number;

	if (is_ec(s))
		return false;
	if (OSSL_PARAM_get_utf8_string_ptr(param, &text))
		number = !strcmp(text, OSSL_PKEY_RSA_PAD_MODE_PSS)	 ? RSA_PKCS1_PSS_PADDING
			 : !strcmp(text, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) ? RSA_PKCS1_PADDING
									 : 0;
	else if (!OSSL_PARAM_get_int(param, &number))
		return false;
	s->pss = number == RSA_PKCS1_PSS_PADDING;
	return s->pss || number == RSA_PKCS1_PADDING;
}

/* "auto" is as long as the digest, too: RFC 8017 and TLS 1.3 want no other. */
static bool set_salt(struct signing *s, const OSSL_PARAM *param)
{
	const char *text;
	uint64_t n;
	int number;

	if (OSSL_PARAM_get_utf8_string_ptr(param, &text)) {
		if (!strcmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) ||
			!strcmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO))
			number = RSA_PSS_SALTLEN_DIGEST;
		else if (parse_uint(&n, text, 0, 512))
			number = (int)n;
		else
			return false;
	} else if (!OSSL_PARAM_get_int(param, &number)) {
		return false;
	}
	if (number == RSA_PSS_SALTLEN_DIGEST || number == RSA_PSS_SALTLEN_AUTO)
		number = SALT_LIKE_DIGEST;
	else if (number < 0)
		return false;
	s->salt_len = number;
	return true;
}

/* The hash and that of the mask are one. */
static bool same_digest(const struct signing *s, const OSSL_PARAM *param)
{
	const char *name;

	return OSSL_PARAM_get_utf8_string_ptr(param, &name) && s->digest &&
	       EVP_MD_is_a(s->digest, name);
}

static int set_params(void *data, const OSSL_PARAM params[])
{
	struct signing *s = data;
	const OSSL_PARAM *p;

	if (!params)
		return 1;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p && !set_padding(s, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (p && !set_salt(s, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (p && !same_digest(s, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	return !p || same_digest(s, p);
}

static const OSSL_PARAM *settable(void *data, void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)data;
	(void)provider;
	return params;
}

static struct p11_scheme scheme_of(const struct signing *s)
{
	int kind = is_ec(s) ? P11_ECDSA : s->pss ? P11_RSA_PSS : P11_RSA_PKCS1;
	int salt_len = s->salt_len == SALT_LIKE_DIGEST ? EVP_MD_get_size(s->digest) : s->salt_len;

	return (struct p11_scheme) {
		.kind = kind,
		.bits = (unsigned)EVP_PKEY_get_bits(s->key->public),
		.digest = EVP_MD_get_type(s->digest),
		.salt_len = salt_len,
	};
}

/* The AlgorithmIdentifier, for certificate requests. */
static int get_params(void *data, OSSL_PARAM params[])
{
	const struct signing *s = data;
	OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	AUTO(ossl_bytes) unsigned char *der = NULL;
	struct p11_scheme scheme;
	X509_ALGOR *algorithm;
	int len;

	if (!p)
		return 1;
	if (!s->digest)
		return 0;
	scheme = scheme_of(s);
	algorithm = p11_scheme_algorithm(&scheme);
	len = algorithm ? i2d_X509_ALGOR(algorithm, &der) : -1;
	X509_ALGOR_free(algorithm);
	return len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
}

static const OSSL_PARAM *gettable(void *data, void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)data;
	(void)provider;
	return params;
}

static const char *default_digest(const struct signing *s)
{
	int bits = EVP_PKEY_get_bits(s->key->public);

	if (!is_ec(s) || bits <= 256)
		return "SHA256";
	return bits <= 384 ? "SHA384" : "SHA512";
}

static int init(void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
	struct signing *s = data;

	if (key)
		s->key = key;
	if (!s->key)
		return 0;
	EVP_MD_free(s->digest);
	s->digest = EVP_MD_fetch(NULL, digest && *digest ? digest : default_digest(s), NULL);
	return s->digest && set_params(s, params);
}

static int sign_init(void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
	return init(data, digest, key, params) && ((struct signing *)data)->key->has_private;
}

static int sign(void *data, unsigned char *out, size_t *len, size_t room,
	const unsigned char *message, size_t message_len)
{
	struct signing *s = data;
	size_t max = (size_t)EVP_PKEY_get_size(s->key->public);
	unsigned char hash[EVP_MAX_MD_SIZE];
	struct p11_scheme scheme = scheme_of(s);
	unsigned hash_len;

	if (!out) {
		*len = max;
		return 1;
	}
	if (room < max || !EVP_Digest(message, message_len, hash, &hash_len, s->digest, NULL))
		return 0;
	*len = room;
	return p11_sign(out, len, &s->key->private, &scheme, hash, hash_len);
}

static int verify(void *data, const unsigned char *signature, size_t len,
	const unsigned char *message, size_t message_len)
{
	struct signing *s = data;
	AUTO(md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct p11_scheme scheme = scheme_of(s);
	EVP_PKEY_CTX *pctx;

	if (!ctx || EVP_DigestVerifyInit(ctx, &pctx, s->digest, NULL, s->key->public) <= 0)
		return 0;
	if (s->pss && (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) <= 0 ||
			      EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, scheme.salt_len) <= 0))
		return 0;
	return EVP_DigestVerify(ctx, signature, len, message, message_len);
}

typedef void (*function)(void);

const OSSL_DISPATCH signature_functions[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, (function)new_signing },
	{ OSSL_FUNC_SIGNATURE_FREECTX, (function)free_signing },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (function)sign_init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (function)sign },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (function)init },
	{ OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, (function)verify },
	{ OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (function)get_params },
	{ OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (function)gettable },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (function)set_params },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (function)settable },
	{ 0, NULL },
};
