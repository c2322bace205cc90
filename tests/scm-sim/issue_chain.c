#include "issue_chain.h"

static enum ca_name issuing_ca(const EVP_PKEY *key, const struct faults *faults)
{
	if (fault_find(faults, FAULT_UNKNOWN_CA))
		return CA_STRANGER_ISSUING;
	if (fault_find(faults, FAULT_WEAK_ISSUER))
		return CA_WEAK_ISSUING;
	return EVP_PKEY_is_a(key, "RSA") ? CA_RSA_ISSUING : CA_EC_ISSUING;
}

/* Signs what SPEC says with a key of nobody, in the certificate's own name. */
static bool make_self_signed(cert_stack **out, const struct cert_spec *spec, struct err *err)
{
	AUTO(certs) cert_stack *chain = sk_X509_new_null();
	struct cert_issuer nobody = { 0 };
	X509 *leaf;
	bool ok;

	if (!cert_key(&nobody.key, "ec:P-256", err))
		return false;
	ok = cert_make(&leaf, spec, &nobody, err);
	EVP_PKEY_free(nobody.key);
	if (!ok)
		return false;
	if (!chain || !sk_X509_push(chain, leaf))
		abort();
	*out = TAKE(chain);
	return true;
}

bool issue_chain(cert_stack **out, struct ca *ca, const struct cert_spec *spec,
	const struct faults *faults, struct err *err)
{
	enum ca_name name = issuing_ca(spec->key, faults);
	AUTO(certs) cert_stack *chain = NULL;
	struct cert_issuer issuer;
	X509 *leaf;

	if (fault_find(faults, FAULT_SELF_SIGNED))
		return make_self_signed(out, spec, err);
	if (!ca_issuer(&issuer, ca, name, err) || !ca_chain(&chain, ca, name, err) ||
		!cert_make(&leaf, spec, &issuer, err))
		return false;
	if (!sk_X509_unshift(chain, leaf))
		abort();
	*out = TAKE(chain);
	return true;
}
