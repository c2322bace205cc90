#include "scm/anchors.h"

#include <limits.h>

#include <openssl/err.h>

#include "base/fs.h"

#define BUNDLE_MAX (4 * 1024 * 1024)

static bool end_of_certificates(void)
{
	unsigned long code = ERR_peek_last_error();
	bool end = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	return end;
}

static bool add_all(X509_STORE *store, BIO *in, size_t *n, struct err *err)
{
	ERR_clear_error();
	for (*n = 0; *n < SCM_ANCHORS_MAX; (*n)++) {
		AUTO(x509) X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);

		if (!cert)
			break;
		if (!X509_STORE_add_cert(store, cert))
			return err_crypto(err, ERR_CONFIG, "certificate %zu", *n + 1);
	}
	if (*n == SCM_ANCHORS_MAX)
		return err_set(err, ERR_CONFIG, "%d certificates or more", SCM_ANCHORS_MAX);
	return end_of_certificates() ||
	       err_set(err, ERR_CONFIG, "certificate %zu is broken", *n + 1);
}

static bool read_pem(X509_STORE **out, const void *pem, size_t len, struct err *err)
{
	AUTO(x509_store) X509_STORE *store = X509_STORE_new();
	AUTO(bio) BIO *in = len > INT_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	size_t n;

	if (!store || !in || !X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN))
		return err_memory(err);
	if (!add_all(store, in, &n, err))
		return false;
	if (!n)
		return err_set(err, ERR_CONFIG, "no PEM certificate in it");
	*out = TAKE(store);
	return true;
}

bool scm_anchors_load(
	X509_STORE **out, const void *pem, size_t len, const char *bundle, struct err *err)
{
	AUTO(buf) struct buf file = BUF(BUNDLE_MAX);

	if (len)
		return read_pem(out, pem, len, err) || err_wrap(err, "ssl_trust_store");
	if (!fs_read_path(&file, bundle, err)) {
		err->kind = ERR_CONFIG;
		return err_wrap(err, "the system's anchors");
	}
	return read_pem(out, buf_str(&file), file.len, err) ||
	       err_wrap(err, "the system's anchors, %s", bundle);
}
