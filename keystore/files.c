#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/fs.h"
#include "keystore/back.h"
#include "keystore/pem.h"

#define FILE_MAX 65536

static EVP_PKEY *make_key(const struct ks_key_spec *spec)
{
	ERR_clear_error();
	if (spec->group)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", spec->group);
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)spec->bits);
}

static bool files_generate(
	struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = make_key(ks_key_spec(type));
	AUTO(bio) BIO *pem = BIO_new(BIO_s_secmem());
	char *text;
	long len;

	(void)ks;
	if (!key || !pem || !PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL))
		return err_crypto(err, ERR_KEYSTORE, "key file '%s'", ref->file);
	len = BIO_get_mem_data(pem, &text);
	return fs_write(ref->dir, ref->file, text, (size_t)len, FS_ATTR(0600), err);
}

static bool files_find(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	(void)ks;
	(void)err;
	*found = fs_exists(ref->dir, ref->file);
	return true;
}

static bool files_load(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	AUTO(buf_secret) struct buf text = BUF(FILE_MAX);

	(void)ks;
	if (!fs_read(&text, ref->dir, ref->file, err))
		return false;
	return pem_parse(out, NULL, text.data ? text.data : "", text.len, NULL, err) ||
	       err_wrap(err, "key file '%s'", ref->file);
}

static bool files_delete(struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	(void)ks;
	return fs_remove(ref->dir, ref->file, err);
}

static void files_close(struct ks *ks)
{
	free(ks);
}

static const struct ks_ops files_ops = {
	.close = files_close,
	.generate = files_generate,
	.find = files_find,
	.exists = files_find,
	.load = files_load,
	.delete = files_delete,
};

bool ks_open_files(struct ks **out, struct err *err)
{
	struct ks *ks = calloc(1, sizeof(*ks));

	if (!ks)
		return err_memory(err);
	ks->ops = &files_ops;
	*out = ks;
	return true;
}
