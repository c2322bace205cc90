#include "key_store.h"

#include "file.h"
#include "hex.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

#define FOLDER "keys"
#define FILE_LIMIT 65536
#define TOKEN_LENGTH 26

static char *path_of(const char *dir, const char *name)
{
	AUTO(text) char *folder = file_path(dir, FOLDER);

	return file_path(folder, name);
}

static bool write_bio(BIO *bio, const char *dir, const char *name, struct err *err)
{
	AUTO(text) char *folder = file_path(dir, FOLDER);
	AUTO(text) char *path = path_of(dir, name);
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	if (mkdir(folder, 0700) && errno != EEXIST)
		return err_errno(err, "make '%s'", folder);
	return file_replace(path, data, (size_t)length, 0600, err);
}

bool key_store_put(const char *dir, int64_t id, EVP_PKEY *key, struct err *err)
{
	AUTO(text) char *name = mem_format("%" PRId64 ".pem", id);
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	if (!PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		return err_crypto(err, "write the key of order %s", name);
	return write_bio(bio, dir, name, err);
}

bool key_store_format(const char *format)
{
	AUTO(text) char *word = mem_format(" %s ", format);

	return strstr(" key pem p12 p12aes ", word) != NULL;
}

static bool read_key(EVP_PKEY **out, const char *dir, int64_t id, struct err *err)
{
	AUTO(text) char *name = mem_format("%" PRId64 ".pem", id);
	AUTO(text) char *path = path_of(dir, name);
	AUTO(text) char *text = NULL;
	AUTO(bio) BIO *bio = NULL;

	if (!file_read(&text, NULL, path, FILE_LIMIT, err))
		return false;
	bio = BIO_new_mem_buf(text, -1);
	*out = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	return *out || err_crypto(err, "read '%s'", path);
}

static bool write_pem(BIO *bio, EVP_PKEY *key, cert_stack *chain, const char *passphrase)
{
	AUTO(text) char *secret = mem_text(passphrase);
	const EVP_CIPHER *cipher = *secret ? EVP_aes_256_cbc() : NULL;
	bool ok = PEM_write_bio_PKCS8PrivateKey(
		bio, key, cipher, cipher ? secret : NULL, (int)strlen(secret), NULL, NULL);

	for (int i = 0; ok && i < sk_X509_num(chain); i++)
		ok = PEM_write_bio_X509(bio, sk_X509_value(chain, i));
	return ok;
}

static bool write_pkcs12(BIO *bio, EVP_PKEY *key, cert_stack *chain, const char *passphrase)
{
	AUTO(certs) cert_stack *issuers = sk_X509_new_null();
	PKCS12 *store;
	bool ok;

	for (int i = 1; i < sk_X509_num(chain); i++)
		if (X509_up_ref(sk_X509_value(chain, i)))
			sk_X509_push(issuers, sk_X509_value(chain, i));
	store = PKCS12_create(
		passphrase, "key", key, sk_X509_value(chain, 0), issuers, 0, 0, 0, 0, 0);
	ok = store && i2d_PKCS12_bio(bio, store);
	PKCS12_free(store);
	return ok;
}

bool key_store_link(char **token, const char *dir, const struct order *order, const char *format,
	const char *passphrase, struct err *err)
{
	AUTO(text) char *name = random_text(TOKEN_LENGTH);
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	AUTO(pkey) EVP_PKEY *key = NULL;
	bool ok;

	if (!read_key(&key, dir, order->id, err))
		return false;
	if (!strncmp(format, "p12", 3))
		ok = write_pkcs12(bio, key, order->chain, passphrase);
	else
		ok = write_pem(bio, key, strcmp(format, "pem") ? NULL : order->chain, passphrase);
	if (!ok)
		return err_crypto(err, "write the key as %s", format);
	if (!write_bio(bio, dir, name, err))
		return false;
	*token = TAKE(name);
	return true;
}

bool key_store_read(
	char **data, size_t *length, const char *dir, const char *token, struct err *err)
{
	AUTO(text) char *path = path_of(dir, token);

	if (strlen(token) != TOKEN_LENGTH || strpbrk(token, "/."))
		return err_set(err, "no link '%s'", token);
	return file_read(data, length, path, FILE_LIMIT, err);
}
