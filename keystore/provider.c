#include "keystore/provider.h"

#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "keystore/keymgmt.h"
#include "keystore/signature.h"

#define NAME "scm-agent-pkcs11"
#define PROPERTIES "provider=" NAME

/* Names as those of OpenSSL's own providers, with which keys are compared. */
static const OSSL_ALGORITHM keymgmts[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, keymgmt_rsa, NULL },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", PROPERTIES, keymgmt_ec, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, signature_functions, NULL },
	{ "ECDSA", PROPERTIES, signature_functions, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_store)
{
	(void)provider;
	*no_store = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return keymgmts;
	case OSSL_OP_SIGNATURE:
		return signatures;
	default:
		return NULL;
	}
}

static int init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
	void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ 0, NULL },
	};

	(void)in;
	*out = functions;
	*provider = (void *)core;
	return 1;
}

/* With OpenSSL's default provider beside ours: it encodes the public halves. */
static OSSL_LIB_CTX *make_context(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	if (ctx && OSSL_PROVIDER_add_builtin(ctx, NAME, init) && OSSL_PROVIDER_load(ctx, NAME) &&
		OSSL_PROVIDER_load(ctx, "default"))
		return ctx;
	OSSL_LIB_CTX_free(ctx);
	return NULL;
}

/* One for the process, never freed: keys may outlive whoever made it. */
static OSSL_LIB_CTX *context(void)
{
	static OSSL_LIB_CTX *ctx;

	if (!ctx)
		ctx = make_context();
	return ctx;
}

bool provider_key(EVP_PKEY **out, EVP_PKEY *public, const struct p11_key *private, struct err *err)
{
	const char *type = EVP_PKEY_is_a(public, "RSA") ? "RSA" : "EC";
	struct keymgmt_seed seed = { public, *private };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(KEYMGMT_SEED, &seed, sizeof(seed)),
		OSSL_PARAM_construct_end(),
	};
	AUTO(pkey_ctx) EVP_PKEY_CTX *ctx = NULL;

	ERR_clear_error();
	if (context())
		ctx = EVP_PKEY_CTX_new_from_name(context(), type, PROPERTIES);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 ||
		EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) <= 0)
		return err_crypto(err, ERR_INTERNAL, "make an OpenSSL key of a key in a token");
	return true;
}
