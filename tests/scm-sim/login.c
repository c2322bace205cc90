#include "login.h"

#include "account_change.h"
#include "ca.h"
#include "hex.h"
#include "sim.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>
#include <time.h>

#define CSR_LIMIT 65536

/* The login's new certificate and its key. */
struct client {
	EVP_PKEY *key; /* owned; public only when it came in a request */
	X509 *cert;    /* owned */
	char *serial;  /* owned */
};

static void client_auto(struct client *client)
{
	EVP_PKEY_free(client->key);
	X509_free(client->cert);
	free(client->serial);
}

static bool read_request_key(EVP_PKEY **out, const char *path, struct err *err)
{
	AUTO(text) char *pem = NULL;
	AUTO(bio) BIO *bio = NULL;
	AUTO(req) X509_REQ *request = NULL;

	if (!file_read(&pem, NULL, path, CSR_LIMIT, err))
		return false;
	bio = BIO_new_mem_buf(pem, -1);
	request = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
	if (!request || X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
		return err_crypto(err, "read the certificate request '%s'", path);
	*out = X509_REQ_get_pubkey(request);
	return true;
}

static bool make_client(
	struct client *client, struct ca *ca, const struct options *options, struct err *err)
{
	time_t now = time(NULL);
	struct cert_spec spec = { .organization = "scm-sim",
		.common_name = options->login,
		.not_after = now + (time_t)options->client_validity,
		.basic_constraints = "critical,CA:FALSE",
		.key_usage = "critical,digitalSignature",
		.extended_key_usage = "clientAuth" };
	struct cert_issuer issuer;

	if (!ca_issuer(&issuer, ca, CA_CLIENT, err) ||
		!(options->client_csr ? read_request_key(&client->key, options->client_csr, err)
				      : cert_key(&client->key, options->client_key, err)))
		return false;
	spec.key = client->key;
	spec.not_before = (spec.not_after < now ? spec.not_after : now) - 3600;
	if (!cert_make(&client->cert, &spec, &issuer, err))
		return false;
	client->serial = serial_text(X509_get0_serialNumber(client->cert));
	return true;
}

static bool write_pem(
	BIO *bio, const struct client *client, const struct options *options, char *password)
{
	const EVP_CIPHER *cipher = password ? EVP_aes_256_cbc() : NULL;

	if (!options->client_csr &&
		!PEM_write_bio_PKCS8PrivateKey(bio, client->key, cipher, password,
			password ? (int)strlen(password) : 0, NULL, NULL))
		return false;
	return PEM_write_bio_X509(bio, client->cert);
}

static bool write_pkcs12(
	BIO *bio, const struct client *client, const struct options *options, const char *password)
{
	PKCS12 *store = PKCS12_create(password ? password : "", options->login,
		options->client_csr ? NULL : client->key, client->cert, NULL, 0, 0, 0, 0, 0);
	bool ok = store && i2d_PKCS12_bio(bio, store);

	PKCS12_free(store);
	return ok;
}

static bool is_pkcs12(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcmp(dot, ".p12") || !strcmp(dot, ".pfx"));
}

static bool write_client(
	const struct client *client, const struct options *options, struct err *err)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	AUTO(text) char *password = NULL;
	char *data;
	long length;
	bool ok;

	if (options->store_password_file &&
		!file_read_line(&password, options->store_password_file, err))
		return false;
	ok = is_pkcs12(options->client_cert) ? write_pkcs12(bio, client, options, password)
					     : write_pem(bio, client, options, password);
	if (!ok)
		return err_crypto(err, "write '%s'", options->client_cert);
	length = BIO_get_mem_data(bio, &data);
	return file_replace(options->client_cert, data, (size_t)length, 0600, err);
}

static bool add_client(struct client *client, const struct options *options, struct err *err)
{
	struct ca *ca;
	bool ok;

	if (!ca_open(&ca, options->dir, err))
		return false;
	ok = make_client(client, ca, options, err) && write_client(client, options, err);
	ca_free(ca);
	return ok;
}

bool login_add(const struct options *options, struct err *err)
{
	AUTO(text) char *lock_path = file_path(options->dir, "lock");
	AUTO(text) char *password = NULL;
	AUTO(client) struct client client = { 0 };
	AUTO(fd) int lock = -1;
	struct account_change change = { .login = options->login,
		.organizations = options->organizations,
		.organization_count = options->organization_count };

	if (options->password_file && !file_read_line(&password, options->password_file, err))
		return false;
	if (!sim_prepare(options->dir, err) || !file_lock(&lock, lock_path, true, err))
		return false;
	if (options->client_cert && !add_client(&client, options, err))
		return false;
	change.password = password;
	change.serial = client.serial;
	return account_change(options->dir, &change, err);
}

bool login_add_client(const struct options *options, struct err *err)
{
	AUTO(text) char *lock_path = file_path(options->dir, "lock");
	AUTO(text) char *secret = NULL;
	AUTO(fd) int lock = -1;
	struct account_change change = { .client = options->client,
		.profile = options->profile,
		.term = options->term,
		.organizations = options->organizations,
		.organization_count = options->organization_count };

	if (!file_read_line(&secret, options->secret_file, err) ||
		!sim_prepare(options->dir, err) || !file_lock(&lock, lock_path, true, err))
		return false;
	change.secret = secret;
	return account_change(options->dir, &change, err);
}
