#include "ca.h"

#include "file.h"

#include <errno.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#define DAY ((time_t)86400)
#define LIFETIME (3650 * DAY)
#define PEM_LIMIT 65536

enum role { ROOT, INTERMEDIATE, SERVER };

static const struct {
	const char *file, *common_name, *key_type;
	enum role role;
	enum ca_name issuer; /* of a root: itself */
	bool on_demand;
} identities[CA_COUNT] = {
	[CA_TLS_ROOT] = { "tls-root", "scm-sim TLS root", "ec:P-256", ROOT, CA_TLS_ROOT, false },
	[CA_SERVER] = { "server", "localhost", "ec:P-256", SERVER, CA_TLS_ROOT, false },
	[CA_RSA_ROOT] = { "rsa-root", "scm-sim RSA root", "rsa:2048", ROOT, CA_RSA_ROOT, false },
	[CA_RSA_ISSUING] = { "rsa-issuing", "scm-sim RSA issuing CA", "rsa:2048", INTERMEDIATE,
		CA_RSA_ROOT, false },
	[CA_EC_ROOT] = { "ec-root", "scm-sim EC root", "ec:P-384", ROOT, CA_EC_ROOT, false },
	[CA_EC_ISSUING] = { "ec-issuing", "scm-sim EC issuing CA", "ec:P-256", INTERMEDIATE,
		CA_EC_ROOT, false },
	[CA_CLIENT] = { "client", "scm-sim client CA", "ec:P-256", ROOT, CA_CLIENT, false },
	[CA_WEAK_ISSUING] = { "weak-issuing", "scm-sim weak issuing CA", "rsa:1024", INTERMEDIATE,
		CA_RSA_ROOT, true },
	[CA_STRANGER_ROOT] = { "stranger-root", "Stranger root", "ec:P-256", ROOT, CA_STRANGER_ROOT,
		true },
	[CA_STRANGER_ISSUING] = { "stranger-issuing", "Stranger issuing CA", "ec:P-256",
		INTERMEDIATE, CA_STRANGER_ROOT, true },
};

struct ca {
	char *dir;
	struct cert_issuer own[CA_COUNT]; /* empty until made or read */
};

static char *identity_path(const char *dir, enum ca_name name)
{
	return mem_format("%s/ca/%s.pem", dir, identities[name].file);
}

static bool parse_identity(
	struct cert_issuer *out, const char *pem, const char *path, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new_mem_buf(pem, -1);
	AUTO(pkey) EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	AUTO(cert) X509 *cert = key ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	if (!cert)
		return err_crypto(err, "read key and certificate of '%s'", path);
	out->key = TAKE(key);
	out->cert = TAKE(cert);
	return true;
}

static bool write_identity(const struct cert_issuer *identity, const char *path, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long length;

	if (!bio || !PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL) ||
		!PEM_write_bio_X509(bio, identity->cert))
		return err_crypto(err, "write key and certificate to '%s'", path);
	length = BIO_get_mem_data(bio, &data);
	return file_replace(path, data, (size_t)length, 0600, err);
}

static void fill_spec(struct cert_spec *spec, enum ca_name name)
{
	time_t now = time(NULL);

	spec->common_name = identities[name].common_name;
	spec->organization = "scm-sim";
	spec->not_before = now - DAY;
	spec->not_after = now + LIFETIME;
	switch (identities[name].role) {
	case ROOT:
		spec->basic_constraints = "critical,CA:TRUE";
		spec->key_usage = "critical,keyCertSign,cRLSign";
		break;
	case INTERMEDIATE:
		spec->basic_constraints = "critical,CA:TRUE,pathlen:0";
		spec->key_usage = "critical,digitalSignature,keyCertSign,cRLSign";
		spec->extended_key_usage = "serverAuth,clientAuth";
		break;
	case SERVER:
		spec->basic_constraints = "critical,CA:FALSE";
		spec->key_usage = "critical,digitalSignature";
		spec->extended_key_usage = "serverAuth";
		break;
	}
}

static bool make_identity(struct ca *ca, enum ca_name name, struct err *err)
{
	AUTO(names) struct names names = { 0 };
	struct cert_spec spec = { .names = &names };
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(cert) X509 *cert = NULL;
	struct cert_issuer issuer;
	bool self = identities[name].issuer == name;

	if (!cert_key(&key, identities[name].key_type, err))
		return false;
	if (!self && !ca_issuer(&issuer, ca, identities[name].issuer, err))
		return false;
	if (self)
		issuer = (struct cert_issuer) { NULL, key };
	if (identities[name].role == SERVER)
		names_add_list(&names, "localhost,127.0.0.1");
	spec.key = key;
	fill_spec(&spec, name);
	if (!cert_make(&cert, &spec, &issuer, err))
		return false;
	ca->own[name] = (struct cert_issuer) { TAKE(cert), TAKE(key) };
	return true;
}

static bool load_or_make(struct ca *ca, enum ca_name name, struct err *err)
{
	AUTO(text) char *path = identity_path(ca->dir, name);
	AUTO(text) char *pem = NULL;

	if (!access(path, F_OK))
		return file_read(&pem, NULL, path, PEM_LIMIT, err) &&
		       parse_identity(&ca->own[name], pem, path, err);
	return make_identity(ca, name, err) && write_identity(&ca->own[name], path, err);
}

bool ca_issuer(struct cert_issuer *out, struct ca *ca, enum ca_name name, struct err *err)
{
	if (!ca->own[name].cert && !load_or_make(ca, name, err))
		return false;
	*out = ca->own[name];
	return true;
}

bool ca_chain(cert_stack **out, struct ca *ca, enum ca_name name, struct err *err)
{
	AUTO(certs) cert_stack *chain = sk_X509_new_null();
	struct cert_issuer issuer;

	for (;; name = identities[name].issuer) {
		if (!ca_issuer(&issuer, ca, name, err))
			return false;
		if (!chain || !X509_up_ref(issuer.cert) || !sk_X509_push(chain, issuer.cert))
			abort();
		if (identities[name].issuer == name)
			break;
	}
	*out = TAKE(chain);
	return true;
}

/* A running server's clients may be reading PATH: leave it alone while it is right. */
static bool keep_or_replace(const char *path, BIO *pem, struct err *err)
{
	AUTO(text) char *present = NULL;
	struct err ignored;
	char *data;
	size_t length = (size_t)BIO_get_mem_data(pem, &data);

	if (file_read(&present, NULL, path, PEM_LIMIT, &ignored) && strlen(present) == length &&
		!memcmp(present, data, length))
		return true;
	return file_replace(path, data, length, 0644, err);
}

static bool write_trust(const struct ca *ca, const char *file, const enum ca_name *names,
	size_t count, struct err *err)
{
	AUTO(text) char *path = file_path(ca->dir, file);
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());

	for (size_t i = 0; i < count; i++)
		if (!bio || !PEM_write_bio_X509(bio, ca->own[names[i]].cert))
			return err_crypto(err, "write '%s'", path);
	return keep_or_replace(path, bio, err);
}

static bool write_all_trust(const struct ca *ca, struct err *err)
{
	static const enum ca_name tls[] = { CA_TLS_ROOT };
	static const enum ca_name leaf[] = { CA_RSA_ROOT, CA_EC_ROOT };
	static const enum ca_name both[] = { CA_TLS_ROOT, CA_RSA_ROOT, CA_EC_ROOT };
	static const enum ca_name client[] = { CA_CLIENT };

	return write_trust(ca, "tls-ca.pem", tls, 1, err) &&
	       write_trust(ca, "leaf-ca.pem", leaf, 2, err) &&
	       write_trust(ca, "client-ca.pem", client, 1, err) &&
	       write_trust(ca, "ca.pem", both, 3, err);
}

bool ca_open(struct ca **out, const char *dir, struct err *err)
{
	AUTO(text) char *folder = file_path(dir, "ca");
	struct ca *ca;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return err_errno(err, "make '%s'", folder);
	ca = mem_new(1, sizeof(*ca));
	ca->dir = mem_text(dir);
	for (enum ca_name name = 0; name < CA_COUNT; name++) {
		if (identities[name].on_demand || load_or_make(ca, name, err))
			continue;
		ca_free(ca);
		return false;
	}
	if (!write_all_trust(ca, err)) {
		ca_free(ca);
		return false;
	}
	*out = ca;
	return true;
}

void ca_free(struct ca *ca)
{
	if (!ca)
		return;
	for (int name = 0; name < CA_COUNT; name++) {
		EVP_PKEY_free(ca->own[name].key);
		X509_free(ca->own[name].cert);
	}
	free(ca->dir);
	free(ca);
}
