#include "csr/path.h"

#include <openssl/err.h>

#include "csr/anchors.h"
#include "csr/subject.h"

#define SECURITY_LEVEL 2
#define SECURITY_BITS 112 /* what that level means: SSL_CTX_set_security_level(3) */

static bool is_untrusted(int code)
{
	switch (code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return true;
	default:
		return false;
	}
}

static bool refuse(X509_STORE_CTX *ctx, const struct csr_path *path, struct err *err)
{
	int code = X509_STORE_CTX_get_error(ctx);
	X509 *where = X509_STORE_CTX_get_current_cert(ctx);
	char subject[CSR_ISSUER_MAX] = "";
	char issuer[CSR_ISSUER_MAX] = "";

	ERR_clear_error();
	if (where) {
		csr_subject_print(subject, X509_get_subject_name(where));
		csr_subject_print(issuer, X509_get_issuer_name(where));
	}
	if (is_untrusted(code))
		return err_set(err, ERR_PROTOCOL,
			"no path to a trust anchor: nothing in %.100s vouches for '%.120s', the "
			"issuer of '%.120s'; name a private CA's certificates in trust_anchors",
			path->anchors ? path->anchors : "the system's anchors", issuer, subject);
	return err_set(err, ERR_PROTOCOL, "path of the certificate fails at '%.160s': %s", subject,
		X509_verify_cert_error_string(code));
}

static bool configure(X509_STORE_CTX *ctx, const struct csr_path *path)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	X509_VERIFY_PARAM_set_time(param, (time_t)path->time);
	/* what the administrator names is an anchor, root or not */
	if (path->anchors && !X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN))
		return false;
	return X509_VERIFY_PARAM_set_purpose(param, path->purpose);
}

static bool verify(ossl_x509_stack **out, const struct csr_path *path, struct err *err)
{
	AUTO(x509_store) X509_STORE *store = NULL;
	AUTO(x509_store_ctx) X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (!csr_anchors_load(&store, path->anchors, err))
		return false;
	if (!ctx || !X509_STORE_CTX_init(ctx, store, path->leaf, path->sent) ||
		!configure(ctx, path))
		return err_crypto(err, ERR_INTERNAL, "prepare the check of the chain");
	if (X509_verify_cert(ctx) != 1)
		return refuse(ctx, path, err);
	/* a leaf among the anchors passes without a look at what stands above it */
	if (X509_STORE_CTX_get_num_untrusted(ctx) < 1)
		return err_set(err, ERR_PROTOCOL,
			"certificate is its own trust anchor; remove it from %s", path->anchors);
	*out = X509_STORE_CTX_get1_chain(ctx);
	ERR_clear_error();
	return *out || err_memory(err);
}

static bool is_in(X509 *cert, ossl_x509_stack *stack)
{
	for (int i = 0; i < sk_X509_num(stack); i++)
		if (!X509_cmp(cert, sk_X509_value(stack, i)))
			return true;
	return false;
}

static bool has_issued(X509 *issuer, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return key && X509_check_issued(issuer, cert) == X509_V_OK && X509_check_ca(issuer) == 1 &&
	       X509_verify(cert, key) == 1;
}

/* Nobody has verified it: it is kept for clients that know its issuer, if it can't do harm. */
static bool is_fit(X509 *cross, const struct csr_path *path)
{
	EVP_PKEY *key = X509_get0_pubkey(cross);
	time_t at = (time_t)path->time;
	int bits = 0;

	if (X509_self_signed(cross, 0) || X509_cmp_time(X509_get0_notBefore(cross), &at) != -1)
		return false;
	/* an expired cross-certificate in a chain breaks clients that would do without it */
	if (ASN1_TIME_compare(X509_get0_notAfter(cross), X509_get0_notAfter(path->leaf)) < 0)
		return false;
	return EVP_PKEY_get_security_bits(key) >= SECURITY_BITS &&
	       X509_get_signature_info(cross, NULL, NULL, &bits, NULL) && bits >= SECURITY_BITS;
}

static X509 *next_cross(ossl_x509_stack *chain, const struct csr_path *path)
{
	X509 *top = sk_X509_value(chain, sk_X509_num(chain) - 1);

	for (int i = 0; i < sk_X509_num(path->sent); i++) {
		X509 *cert = sk_X509_value(path->sent, i);

		if (!is_in(cert, chain) && has_issued(cert, top) && is_fit(cert, path))
			return cert;
	}
	return NULL;
}

static bool add_cross_certs(ossl_x509_stack *chain, const struct csr_path *path, struct err *err)
{
	X509 *cross;

	while ((cross = next_cross(chain, path))) {
		if (!X509_up_ref(cross))
			return err_memory(err);
		if (!sk_X509_push(chain, cross)) {
			X509_free(cross);
			return err_memory(err);
		}
	}
	ERR_clear_error();
	return true;
}

bool csr_path_find(ossl_x509_stack **out, const struct csr_path *path, struct err *err)
{
	AUTO(x509_stack) ossl_x509_stack *chain = NULL;

	if (!verify(&chain, path, err))
		return false;
	if (X509_self_signed(sk_X509_value(chain, sk_X509_num(chain) - 1), 0))
		X509_free(sk_X509_pop(chain));
	if (!add_cross_certs(chain, path, err))
		return false;
	*out = TAKE(chain);
	return true;
}
