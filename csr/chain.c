#include "csr/chain.h"

#include <string.h>

#include <openssl/err.h>

#include "csr/der.h"
#include "csr/leaf.h"
#include "csr/path.h"

#define PEM_MAX (512 * 1024) /* CSR_CHAIN_MAX certificates of CSR_DER_MAX bytes in Base64 */

void csr_chain_dispose(struct csr_chain *c)
{
	buf_dispose(&c->cert);
	buf_dispose(&c->chain);
	buf_dispose(&c->fullchain);
	X509_free(c->leaf);
	csr_info_dispose(&c->info);
	*c = (struct csr_chain) { 0 };
}

static X509 *decode(const struct csr_der *der, struct err *err)
{
	const unsigned char *at = der->data;
	const char *why;
	X509 *cert;

	if (der->len > CSR_DER_MAX) {
		err_set(err, ERR_PROTOCOL, "%zu bytes, at most %d", der->len, CSR_DER_MAX);
		return NULL;
	}
	why = csr_der_check(der->data, der->len);
	if (why) {
		err_set(err, ERR_PROTOCOL, "not DER: %s", why);
		return NULL;
	}
	cert = d2i_X509(NULL, &at, (long)der->len);
	if (!cert)
		err_crypto(err, ERR_PROTOCOL, "not a certificate");
	return cert;
}

static bool add_once(ossl_x509_stack *sent, X509 *cert, struct err *err)
{
	AUTO(x509) X509 *owned = cert;

	for (int i = 0; i < sk_X509_num(sent); i++)
		if (!X509_cmp(sk_X509_value(sent, i), owned))
			return true;
	if (!sk_X509_push(sent, owned))
		return err_memory(err);
	owned = NULL;
	return true;
}

static bool decode_all(ossl_x509_stack *sent, const struct csr_der *der, size_t n, struct err *err)
{
	if (!n || n > CSR_CHAIN_MAX)
		return err_set(err, ERR_PROTOCOL, "answer has %zu certificates, 1 to %d expected",
			n, CSR_CHAIN_MAX);
	for (size_t i = 0; i < n; i++) {
		X509 *cert = decode(&der[i], err);

		if (!cert)
			return err_wrap(err, "certificate %zu of %zu", i + 1, n);
		if (!add_once(sent, cert, err))
			return false;
	}
	return true;
}

static bool is_for(bool *yes, X509 *cert, const char *spki, struct err *err)
{
	AUTO(buf) struct buf der = BUF(CSR_DER_MAX);
	char hash[CSR_SHA256_HEX];

	if (!csr_pubkey_spki(&der, X509_get_X509_PUBKEY(cert), err))
		return false;
	if (!csr_der_fingerprint(hash, der.data, der.len))
		return err_memory(err);
	*yes = !strcmp(hash, spki);
	return true;
}

/* The one certificate for the request's key; borrowed from `sent`. */
static bool pick_leaf(
	X509 **out, ossl_x509_stack *sent, const struct csr_expect *expect, struct err *err)
{
	char spki[CSR_SHA256_HEX];
	X509 *leaf = NULL;
	bool yes = false;

	if (!csr_fingerprint_spki(spki, expect->request_pem, expect->request_len, err))
		return err_wrap(err, "certificate request");
	for (int i = 0; i < sk_X509_num(sent); i++) {
		if (!is_for(&yes, sk_X509_value(sent, i), spki, err))
			return false;
		if (yes && leaf)
			return err_set(err, ERR_PROTOCOL,
				"answer has two different certificates for this key");
		if (yes)
			leaf = sk_X509_value(sent, i);
	}
	if (!leaf)
		return err_set(err, ERR_PROTOCOL,
			"certificate is for another key: none of %d has the key of the request",
			sk_X509_num(sent));
	*out = leaf;
	return true;
}

static bool write_pem(struct buf *out, ossl_x509_stack *chain, int from, int end, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	*out = BUF(PEM_MAX);
	for (int i = from; i < end; i++)
		if (!bio || !PEM_write_bio_X509(bio, sk_X509_value(chain, i)))
			return err_crypto(err, ERR_INTERNAL, "encode the chain");
	if (!bio)
		return err_memory(err);
	len = BIO_get_mem_data(bio, &text);
	if (len > 0)
		buf_add(out, text, (size_t)len);
	return buf_check(out, "chain", err);
}

static bool write_chain(struct csr_chain *c, ossl_x509_stack *chain, struct err *err)
{
	int n = sk_X509_num(chain);

	return write_pem(&c->cert, chain, 0, 1, err) && write_pem(&c->chain, chain, 1, n, err) &&
	       write_pem(&c->fullchain, chain, 0, n, err);
}

/* A clock that is a little behind must not refuse what was issued just now. */
static int64_t time_of_check(const struct csr_info *info, int64_t now)
{
	return now < info->not_before ? info->not_before : now;
}

static bool judge(struct csr_chain *c, ossl_x509_stack *sent, const struct csr_expect *expect,
	struct err *err)
{
	AUTO(x509_stack) ossl_x509_stack *chain = NULL;
	struct csr_path path = { .sent = sent, .anchors = expect->anchors };

	if (!pick_leaf(&path.leaf, sent, expect, err) || !csr_info_read(&c->info, path.leaf, err) ||
		!csr_leaf_check(path.leaf, &c->info, expect, err))
		return false;
	path.time = time_of_check(&c->info, expect->now);
	path.purpose = csr_leaf_purpose(path.leaf);
	if (!csr_path_find(&chain, &path, err) || !write_chain(c, chain, err))
		return false;
	if (!X509_up_ref(path.leaf))
		return err_memory(err);
	c->leaf = path.leaf;
	return true;
}

bool csr_chain_judge(struct csr_chain *out, const struct csr_der *der, size_t n,
	const struct csr_expect *expect, struct err *err)
{
	AUTO(x509_stack) ossl_x509_stack *sent = sk_X509_new_null();
	AUTO(csr_chain) struct csr_chain chain = { 0 };

	ERR_clear_error();
	if (!sent)
		return err_memory(err);
	if (!decode_all(sent, der, n, err) || !judge(&chain, sent, expect, err))
		return false;
	*out = chain;
	chain = (struct csr_chain) { 0 };
	return true;
}
