#include "agent/key_file.h"

#include <string.h>

#include "base/fs.h"
#include "keystore/ks_credential.h"
#include "keystore/ks_pem.h"
#include "keystore/ks_store.h"

#define FILE_MAX (1024 * 1024)

static enum ks_credential_type type_of(const struct buf *file)
{
	if (memmem(buf_str(file), file->len, "-----BEGIN ", 11))
		return KS_PEM;
	return ks_store_type(KS_JKS, buf_str(file), file->len);
}

static bool load(
	EVP_PKEY **out, const struct buf *file, const struct secret *password, struct err *err)
{
	const struct ks_credential_source src = {
		.type = type_of(file),
		.data = buf_str(file),
		.len = file->len,
		.password = password,
		.bare = true,
	};
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!ks_credential_load(&c, &src, err))
		return false;
	*out = TAKE(c.key);
	return true;
}

bool key_file_load(EVP_PKEY **out, const char *path, const char *password, struct err *err)
{
	AUTO(buf_secret) struct buf file = BUF(FILE_MAX);
	AUTO(secret) struct secret *secret = NULL;

	/* nobody may put another one there between a look at it and the reading */
	if (!fs_check_trusted(path, "file", err) || !secret_check_private(path, err) ||
		!fs_read_path(&file, path, err) ||
		(password && !secret_read(&secret, password, err)))
		return false;
	return load(out, &file, secret, err) || err_wrap(err, "%s", path);
}

bool key_file_write(EVP_PKEY *key, int dir, const char *name, struct err *err)
{
	AUTO(buf_secret) struct buf pem = BUF(KS_PEM_MAX);

	return ks_pem_key(&pem, key, NULL, err) &&
	       fs_write(dir, name, pem.data, pem.len, FS_ATTR(0600), err);
}
