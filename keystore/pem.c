#include "keystore/pem.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "base/secret.h"
#include "keystore/ks_credential.h"
#include "keystore/pbe.h"

struct block {
	char *name;
	char *header;
	unsigned char *data;
	long len;
};

static void block_dispose(struct block *b)
{
	OPENSSL_secure_free(b->name);
	OPENSSL_secure_free(b->header);
	OPENSSL_secure_clear_free(b->data, (size_t)b->len);
}
AUTO_DEFINE_REF(block, struct block, block_dispose);

struct parse {
	EVP_PKEY *key;
	STACK_OF(X509) * certs;
	const struct secret *password;
	long budget;
};

static int give_password(char *out, int size, int for_writing, void *data)
{
	const struct secret *password = data;

	(void)for_writing;
	if (!password || secret_len(password) > (size_t)size)
		return -1;
	memcpy(out, secret_bytes(password), secret_len(password));
	return (int)secret_len(password);
}

static bool need_password(const struct parse *p, struct err *err)
{
	return p->password ||
	       err_set(err, ERR_KEYSTORE,
		       "the private key is encrypted, and no password is configured");
}

/* "RSA PRIVATE KEY" and its like, with or without Proc-Type: 4,ENCRYPTED; "PRIVATE KEY" as well. */
static bool take_plain(struct parse *p, struct block *b, struct err *err)
{
	EVP_CIPHER_INFO cipher = { 0 };
	const unsigned char *at = b->data;

	if (!PEM_get_EVP_CIPHER_INFO(b->header, &cipher))
		return err_crypto(err, ERR_KEYSTORE, "private key: PEM header");
	if (cipher.cipher) {
		if (!need_password(p, err))
			return false;
		if (!PEM_do_header(&cipher, b->data, &b->len, give_password, (void *)p->password)) {
			ERR_clear_error();
			return err_set(err, ERR_KEYSTORE, "wrong password for the private key");
		}
	}
	p->key = d2i_AutoPrivateKey(NULL, &at, b->len);
	return p->key || err_crypto(err, ERR_KEYSTORE, "private key is damaged");
}

static bool take_sealed(struct parse *p, const struct block *b, struct err *err)
{
	const unsigned char *at = b->data;
	X509_SIG *sealed;
	bool ok;

	if (!need_password(p, err))
		return false;
	sealed = d2i_X509_SIG(NULL, &at, b->len);
	if (!sealed)
		return err_crypto(err, ERR_KEYSTORE, "encrypted private key is damaged");
	ok = pbe_decrypt_key(&p->key, &p->budget, sealed, secret_bytes(p->password),
		secret_len(p->password), err);
	X509_SIG_free(sealed);
	return ok;
}

static bool take_certificate(struct parse *p, const struct block *b, struct err *err)
{
	const unsigned char *at = b->data;
	AUTO(x509) X509 *cert = d2i_X509(NULL, &at, b->len);

	if (!cert)
		return err_crypto(
			err, ERR_KEYSTORE, "certificate %d is damaged", sk_X509_num(p->certs) + 1);
	if (!sk_X509_push(p->certs, cert))
		return err_memory(err);
	(void)TAKE(cert);
	return true;
}

static bool take(struct parse *p, struct block *b, struct err *err)
{
	const char *private = strstr(b->name, PEM_STRING_PKCS8INF);

	if (!strcmp(b->name, PEM_STRING_X509) || !strcmp(b->name, PEM_STRING_X509_OLD))
		return take_certificate(p, b, err);
	if (!private || strcmp(private, PEM_STRING_PKCS8INF))
		return true;
	if (p->key)
		return err_set(err, ERR_KEYSTORE, "holds two private keys; leave one");
	if (!strcmp(b->name, PEM_STRING_PKCS8))
		return take_sealed(p, b, err);
	return take_plain(p, b, err);
}

/* False at the end, and when what comes is not PEM: OpenSSL's queue tells the two apart. */
static bool next(struct block *out, BIO *in)
{
	ERR_clear_error();
	return PEM_read_bio_ex(in, &out->name, &out->header, &out->data, &out->len,
		PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE);
}

static bool take_all(struct parse *p, BIO *in, struct err *err)
{
	for (;;) {
		AUTO(block) struct block b = { 0 };

		if (!next(&b, in))
			break;
		if (!take(p, &b, err))
			return false;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return err_crypto(err, ERR_KEYSTORE, "damaged PEM");
	ERR_clear_error();
	return p->key || err_set(err, ERR_KEYSTORE, "holds no private key in PEM form");
}

bool pem_parse(EVP_PKEY **key, STACK_OF(X509) * *certs, const void *data, size_t len,
	const struct secret *password, struct err *err)
{
	AUTO(bio) BIO *in = len > INT_MAX ? NULL : BIO_new_mem_buf(data, (int)len);
	AUTO(x509_stack) STACK_OF(X509) *found = sk_X509_new_null();
	struct parse p = { NULL, found, password, KS_PKCS12_ITERATIONS_MAX };

	if (!in || !found)
		return err_memory(err);
	if (!take_all(&p, in, err)) {
		EVP_PKEY_free(p.key);
		return false;
	}
	*key = p.key;
	if (certs)
		*certs = TAKE(found);
	return true;
}
