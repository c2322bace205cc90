#include "csr/anchors.h"

#include <openssl/err.h>

#include "base/fs.h"

/* False at the end of the text; *damaged tells an end from a certificate that can't be read. */
static bool next_cert(X509 **out, bool *damaged, BIO *bio)
{
	unsigned long code;

	*out = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (*out)
		return true;
	code = ERR_peek_last_error();
	*damaged =
		!(ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE);
	return false;
}

static bool add_all(X509_STORE *store, BIO *bio, const char *path, struct err *err)
{
	bool damaged = false;
	int count = 0;

	for (;;) {
		AUTO(x509) X509 *cert = NULL;

		if (!next_cert(&cert, &damaged, bio))
			break;
		if (!X509_STORE_add_cert(store, cert))
			return err_crypto(err, ERR_INTERNAL, "keep a trust anchor");
		count++;
	}
	if (damaged)
		return err_crypto(
			err, ERR_CONFIG, "trust anchors '%s': certificate %d", path, count + 1);
	ERR_clear_error();
	if (!count)
		return err_set(
			err, ERR_CONFIG, "trust anchors '%s': no PEM certificate in it", path);
	return true;
}

static bool load_file(X509_STORE *store, const char *path, struct err *err)
{
	AUTO(buf) struct buf text = BUF(CSR_ANCHORS_MAX);
	AUTO(bio) BIO *bio = NULL;

	if (!fs_read_path(&text, path, err)) {
		err->kind = ERR_CONFIG;
		return err_wrap(err, "trust anchors");
	}
	bio = BIO_new_mem_buf(buf_str(&text), (int)text.len);
	if (!bio)
		return err_memory(err);
	return add_all(store, bio, path, err);
}

bool csr_anchors_load(X509_STORE **out, const char *path, struct err *err)
{
	AUTO(x509_store) X509_STORE *store = X509_STORE_new();

	ERR_clear_error();
	if (!store)
		return err_memory(err);
	if (path && !load_file(store, path, err))
		return false;
	if (!path && !X509_STORE_set_default_paths(store))
		return err_crypto(err, ERR_CONFIG, "load the system's trust anchors");
	*out = TAKE(store);
	return true;
}
