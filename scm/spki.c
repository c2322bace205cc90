#include "scm/spki.h"

#include <string.h>

#include <openssl/err.h>

#include "base/ossl.h"

static bool has_key(const unsigned char *der, size_t len, const char *spki)
{
	AUTO(x509) X509 *cert = d2i_X509(NULL, &der, (long)len);
	AUTO(ossl_bytes) unsigned char *key = NULL;
	AUTO(buf) struct buf hex = BUF(WIRE_SPKI_MAX);
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	int n = cert ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key) : -1;

	if (n <= 0 || EVP_Digest(key, (size_t)n, hash, &size, EVP_sha256(), NULL) <= 0)
		return false;
	buf_add_hex(&hex, hash, size);
	return buf_ok(&hex) && !strcmp(buf_str(&hex), spki);
}

bool scm_chain_has_key(const struct scm_chain *chain, const char *spki)
{
	bool found = false;

	for (size_t i = 0; !found && i < chain->n; i++)
		found = has_key(chain->cert[i].der, chain->cert[i].len, spki);
	ERR_clear_error();
	return found;
}
