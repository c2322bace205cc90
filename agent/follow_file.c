#include "agent/follow_file.h"

#include "base/fs.h"
#include "base/secret.h"
#include "keystore/ks_store.h"

void follow_file_dispose(struct follow_file *f)
{
	buf_wipe(&f->bytes);
}

bool follow_file_read(struct follow_file *out, const struct conf_follow *f, struct err *err)
{
	AUTO(follow_file) struct follow_file file = { .bytes = BUF(KS_STORE_MAX) };

	if (!secret_check_private(f->path, err))
		return err_wrap(err, "follow");
	if (!fs_read_path(&file.bytes, f->path, err)) {
		err->kind = ERR_CONFIG;
		return err_wrap(err, "follow");
	}
	if (!csr_der_fingerprint(file.digest, file.bytes.data, file.bytes.len))
		return err_memory(err);
	*out = file;
	file = (struct follow_file) { 0 };
	return true;
}

/* No text begins like this: a DER sequence with a long length, the magic of JKS or of JCEKS. */
static bool is_binary(const struct buf *b)
{
	unsigned char first = b->len > 1 ? (unsigned char)b->data[0] : 0;
	unsigned char second = b->len > 1 ? (unsigned char)b->data[1] : 0;

	return (first == 0x30 && second >= 0x80) || (first == 0xfe && second == 0xed) ||
	       (first == 0xce && second == 0xce);
}

static bool read_password(struct secret **out, const char *reference, struct err *err)
{
	return !reference || secret_read(out, reference, err);
}

bool follow_file_open(struct ks_credential *out, const struct follow_file *file,
	const struct conf_follow *f, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;
	AUTO(secret) struct secret *key_password = NULL;
	struct ks_credential_source src = {
		/* whose reader tells Java's forms and PKCS #12 apart */
		.type = is_binary(&file->bytes) ? KS_JKS : KS_PEM,
		.data = file->bytes.data,
		.len = file->bytes.len,
		.alias = f->alias,
		.bare = true,
	};

	if (!read_password(&password, f->password_file, err) ||
		!read_password(&key_password, f->key_password_file, err))
		return false;
	src.password = password;
	src.key_password = key_password;
	if (!file->bytes.len)
		return err_set(err, ERR_KEYSTORE, "follow: %s is empty", f->path);
	if (ks_credential_load(out, &src, err))
		return true;
	return f->password_file ? err_wrap(err, "follow: %s, with the password of %s", f->path,
					  f->password_file)
				: err_wrap(err, "follow: %s", f->path);
}
