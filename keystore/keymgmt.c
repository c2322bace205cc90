#include "keystore/keymgmt.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

static struct keymgmt_key *new_key(const char *type)
{
	struct keymgmt_key *key = calloc(1, sizeof(*key));

	if (key)
		key->type = type;
	return key;
}

static void *new_rsa(void *provider)
{
	(void)provider;
	return new_key("RSA");
}

static void *new_ec(void *provider)
{
	(void)provider;
	return new_key("EC");
}

static void free_key(void *data)
{
	struct keymgmt_key *key = data;

	if (!key)
		return;
	EVP_PKEY_free(key->public);
	free(key);
}

static int has(const void *data, int selection)
{
	const struct keymgmt_key *key = data;

	return key->public && (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || key->has_private);
}

static int match(const void *a, const void *b, int selection)
{
	const struct keymgmt_key *one = a;
	const struct keymgmt_key *other = b;

	(void)selection;
	return one->public && other->public && EVP_PKEY_eq(one->public, other->public) == 1;
}

static int import_seed(struct keymgmt_key *key, const OSSL_PARAM *param)
{
	struct keymgmt_seed seed;

	if (param->data_size != sizeof(seed))
		return 0;
	memcpy(&seed, param->data, sizeof(seed));
	if (!EVP_PKEY_up_ref(seed.public))
		return 0;
	key->public = seed.public;
	key->private = seed.private;
	key->has_private = true;
	return 1;
}

/* Without a seed: OpenSSL wants to compare one of its own keys with ours. */
static int import(void *data, int selection, const OSSL_PARAM params[])
{
	struct keymgmt_key *key = data;
	const OSSL_PARAM *seed = OSSL_PARAM_locate_const(params, KEYMGMT_SEED);
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = NULL;

	(void)selection;
	if (seed)
		return import_seed(key, seed);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, key->type, NULL);
	return ctx && EVP_PKEY_fromdata_init(ctx) > 0 &&
	       EVP_PKEY_fromdata(ctx, &key->public, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *)params) > 0;
}

/* A private half is never given away; that also tells OpenSSL to leave the signing to us. */
static int export(void *data, int selection, OSSL_CALLBACK *callback, void *arg)
{
	const struct keymgmt_key *key = data;

	if (!key->public || selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	return EVP_PKEY_export(key->public, EVP_PKEY_PUBLIC_KEY, callback, arg);
}

/* Only what has to be named; EVP_PKEY_get_params() itself does not look here. */
static const OSSL_PARAM *gettable(void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_END,
	};

	(void)provider;
	return params;
}

static int get_params(void *data, OSSL_PARAM params[])
{
	const struct keymgmt_key *key = data;

	return key->public && EVP_PKEY_get_params(key->public, params);
}

static const OSSL_PARAM *types_rsa(int selection)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return params;
}

static const OSSL_PARAM *types_ec(int selection)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return params;
}

static const char *operation_ec(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

typedef void (*function)(void);

#define SHARED                                                                                     \
	{ OSSL_FUNC_KEYMGMT_FREE, (function)free_key }, { OSSL_FUNC_KEYMGMT_HAS, (function)has },  \
		{ OSSL_FUNC_KEYMGMT_MATCH, (function)match },                                      \
		{ OSSL_FUNC_KEYMGMT_IMPORT, (function)import },                                    \
		{ OSSL_FUNC_KEYMGMT_EXPORT, (function) export },                                   \
		{ OSSL_FUNC_KEYMGMT_GET_PARAMS, (function)get_params },                            \
	{                                                                                          \
		OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (function)gettable                              \
	}

const OSSL_DISPATCH keymgmt_rsa[] = {
	SHARED,
	{ OSSL_FUNC_KEYMGMT_NEW, (function)new_rsa },
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (function)types_rsa },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (function)types_rsa },
	{ 0, NULL },
};

const OSSL_DISPATCH keymgmt_ec[] = {
	SHARED,
	{ OSSL_FUNC_KEYMGMT_NEW, (function)new_ec },
	{ OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (function)types_ec },
	{ OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (function)types_ec },
	{ OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (function)operation_ec },
	{ 0, NULL },
};
