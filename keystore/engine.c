/* The one place that needs what OpenSSL 3 calls deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "keystore/engine.h"

#include <openssl/engine.h>

#include <libp11.h>

/*
 * One for the process, never freed and never registered: ENGINE_free() would free the methods,
 * which libp11 makes once and would hand out again.
 */
static ENGINE *engine;

static ENGINE *make(void)
{
	ENGINE *e = ENGINE_new();

	if (e && ENGINE_set_id(e, "scm-agent-pkcs11") && ENGINE_set_name(e, "keys in tokens") &&
		ENGINE_set_pkey_meths(e, PKCS11_pkey_meths))
		return e;
	ENGINE_free(e);
	return NULL;
}

bool engine_attach(EVP_PKEY *key, struct err *err)
{
	if (!engine)
		engine = make();
	if (!engine || !EVP_PKEY_set1_engine(key, engine))
		return err_crypto(err, ERR_INTERNAL, "attach the methods of a token to its key");
	return true;
}
