#include "tls_identity.h"

#include <openssl/pem.h>
#include <string.h>

#define DAY ((time_t)86400)

enum signer { BY_ROOT, BY_STRANGER, BY_ITSELF };

static const struct {
	const char *kind, *names;
	time_t from_days, to_days;
	enum signer signer;
} kinds[] = {
	{ "good", "localhost,127.0.0.1", -1, 365, BY_ROOT },
	{ "wrong-host", "other.example", -1, 365, BY_ROOT },
	{ "expired", "localhost,127.0.0.1", -30, -1, BY_ROOT },
	{ "not-yet-valid", "localhost,127.0.0.1", 7, 365, BY_ROOT },
	{ "stranger", "localhost,127.0.0.1", -1, 365, BY_STRANGER },
	{ "self-signed", "localhost,127.0.0.1", -1, 365, BY_ITSELF },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t index_of(const char *kind)
{
	size_t i = 0;

	while (i < KINDS && strcmp(kinds[i].kind, kind))
		i++;
	return i;
}

bool tls_identity_known(const char *kind)
{
	return index_of(kind) < KINDS;
}

static bool to_pem(char **pem, EVP_PKEY *key, X509 *cert, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long length;

	if (!bio || !PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) ||
		!PEM_write_bio_X509(bio, cert))
		return err_crypto(err, "write the server's certificate");
	length = BIO_get_mem_data(bio, &data);
	*pem = mem_copy(data, (size_t)length);
	return true;
}

bool tls_identity_make(char **pem, const char *kind, struct ca *ca, struct err *err)
{
	size_t i = index_of(kind);
	time_t now = time(NULL);
	AUTO(names) struct names names = { 0 };
	AUTO(cert) X509 *cert = NULL;
	struct cert_issuer own, issuer = { 0 };
	struct cert_spec spec = { .names = &names,
		.basic_constraints = "critical,CA:FALSE",
		.key_usage = "critical,digitalSignature",
		.extended_key_usage = "serverAuth" };

	if (!ca_issuer(&own, ca, CA_SERVER, err))
		return false;
	if (kinds[i].signer == BY_ITSELF)
		issuer.key = own.key;
	else if (!ca_issuer(&issuer, ca,
			 kinds[i].signer == BY_ROOT ? CA_TLS_ROOT : CA_STRANGER_ROOT, err))
		return false;
	names_add_list(&names, kinds[i].names);
	spec.common_name = names.list[0].text;
	spec.key = own.key;
	spec.not_before = now + kinds[i].from_days * DAY;
	spec.not_after = now + kinds[i].to_days * DAY;
	return cert_make(&cert, &spec, &issuer, err) && to_pem(pem, own.key, cert, err);
}
