#include "csr/csr.h"

#include <string.h>

#include <openssl/err.h>

#include "csr/san.h"
#include "csr/subject.h"

AUTO_DEFINE(extension, X509_EXTENSION *, X509_EXTENSION_free);

static void extensions_free(X509_EXTENSIONS *all)
{
	sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
}
AUTO_DEFINE(extensions, X509_EXTENSIONS *, extensions_free);

/* As strong as the key, no stronger: SHA-2 at the level of the curve (SP 800-57 part 1, 5.6.2). */
static const EVP_MD *digest_for(EVP_PKEY *key)
{
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_bits(key) <= 256)
		return EVP_sha256();
	return EVP_PKEY_get_bits(key) <= 384 ? EVP_sha384() : EVP_sha512();
}

static bool add_names(X509_REQ *request, const struct strlist *names, struct err *err)
{
	AUTO(extensions) X509_EXTENSIONS *all = sk_X509_EXTENSION_new_null();
	AUTO(general_names) GENERAL_NAMES *general = csr_san_make(names);
	int critical = X509_NAME_entry_count(X509_REQ_get_subject_name(request)) == 0;
	AUTO(extension) X509_EXTENSION *san = NULL;

	if (!names->n)
		return true;
	if (!all || !general)
		return err_memory(err);
	san = X509V3_EXT_i2d(NID_subject_alt_name, critical, general);
	if (!san || !sk_X509_EXTENSION_push(all, san))
		return err_crypto(err, ERR_INTERNAL, "encode the names of the request");
	san = NULL;
	if (!X509_REQ_add_extensions(request, all))
		return err_crypto(err, ERR_INTERNAL, "add the names to the request");
	return true;
}

static bool encode(struct buf *pem, X509_REQ *request, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	if (!bio || !PEM_write_bio_X509_REQ(bio, request))
		return err_crypto(err, ERR_INTERNAL, "encode the request");
	len = BIO_get_mem_data(bio, &text);
	buf_add(pem, text, (size_t)len);
	return buf_check(pem, "certificate request", err);
}

/* From the bytes that will be sent, so with the key as the CA will see it and without the token. */
static bool verify(const struct buf *pem, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	AUTO(x509_req) X509_REQ *request = NULL;

	request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
	if (!request)
		return err_crypto(err, ERR_INTERNAL, "read back the request");
	if (X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
		return err_crypto(
			err, ERR_KEYSTORE, "the key's signature over the request does not verify");
	return true;
}

static bool fill(X509_REQ *request, EVP_PKEY *key, const struct csr_subject *subject,
	const struct strlist *names, struct err *err)
{
	AUTO(x509_name) X509_NAME *name = NULL;

	if (!csr_subject_make(&name, subject, err))
		return false;
	if (!X509_REQ_set_version(request, X509_REQ_VERSION_1) ||
		!X509_REQ_set_subject_name(request, name))
		return err_crypto(err, ERR_INTERNAL, "set the subject of the request");
	if (!X509_REQ_set_pubkey(request, key))
		return err_crypto(err, ERR_KEYSTORE, "put the public key into the request");
	return add_names(request, names, err);
}

bool csr_build(struct buf *pem, EVP_PKEY *key, const struct csr_subject *subject,
	const struct strlist *names, struct err *err)
{
	AUTO(x509_req) X509_REQ *request = X509_REQ_new();
	AUTO(buf) struct buf text = BUF(CSR_PEM_MAX);

	ERR_clear_error();
	if (!request)
		return err_memory(err);
	if (!csr_check_key(key, err) || !fill(request, key, subject, names, err))
		return false;
	if (X509_REQ_sign(request, key, digest_for(key)) <= 0)
		return err_crypto(err, ERR_KEYSTORE, "sign the request");
	if (!encode(&text, request, err) || !verify(&text, err))
		return false;
	buf_add(pem, text.data, text.len);
	return buf_check(pem, "certificate request", err);
}
