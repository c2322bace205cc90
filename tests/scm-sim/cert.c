#include "cert.h"

#include "hex.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#define SERIAL_BITS 128
#define COMMON_NAME_LIMIT 64

bool cert_key(EVP_PKEY **out, const char *type, struct err *err)
{
	EVP_PKEY *key = NULL;

	if (!strncmp(type, "rsa:", 4))
		key = EVP_RSA_gen((unsigned int)strtoul(type + 4, NULL, 10));
	else if (!strncmp(type, "ec:", 3))
		key = EVP_EC_gen(type + 3);
	else
		return err_set(err, "unknown key type '%s': use rsa:BITS or ec:CURVE", type);
	if (!key)
		return err_crypto(err, "make a key '%s'", type);
	*out = key;
	return true;
}

static bool set_serial(X509 *cert)
{
	BIGNUM *number = BN_new();
	bool ok = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
		  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));

	BN_free(number);
	return ok;
}

static bool add_text(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(
		       name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool set_subject(X509 *cert, const struct cert_spec *spec)
{
	X509_NAME *name = X509_get_subject_name(cert);

	if (spec->organization && !add_text(name, NID_organizationName, spec->organization))
		return false;
	if (spec->common_name && strlen(spec->common_name) <= COMMON_NAME_LIMIT)
		return add_text(name, NID_commonName, spec->common_name);
	return true;
}

static bool add_extension(X509 *cert, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *extension;
	bool ok;

	if (!value)
		return true;
	extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
	ok = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return ok;
}

static bool add_names(X509 *cert, const struct names *names)
{
	GENERAL_NAMES *list;
	bool ok;

	if (!names || names->count == 0)
		return true;
	list = names_general(names);
	ok = X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0) == 1;
	GENERAL_NAMES_free(list);
	return ok;
}

/* An arc of the documentation enterprise number: valid DER that no verifier knows. */
static bool add_unknown_critical(X509 *cert)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.32473.1.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;
	bool ok = oid && value &&
		  ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2) &&
		  (extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value)) &&
		  X509_add_ext(cert, extension, -1);

	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return ok;
}

static bool add_extensions(X509 *cert, const struct cert_spec *spec, X509 *issuer)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	return add_extension(cert, &context, NID_basic_constraints, spec->basic_constraints) &&
	       add_extension(cert, &context, NID_key_usage, spec->key_usage) &&
	       add_extension(cert, &context, NID_ext_key_usage, spec->extended_key_usage) &&
	       add_extension(cert, &context, NID_subject_key_identifier, "hash") &&
	       add_extension(cert, &context, NID_authority_key_identifier,
		       issuer == cert ? NULL : "keyid") &&
	       add_names(cert, spec->names) &&
	       (!spec->unknown_critical || add_unknown_critical(cert));
}

static bool set_times(X509 *cert, const struct cert_spec *spec)
{
	return ASN1_TIME_set(X509_getm_notBefore(cert), spec->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), spec->not_after);
}

bool cert_make(
	X509 **out, const struct cert_spec *spec, const struct cert_issuer *issuer, struct err *err)
{
	AUTO(cert) X509 *cert = X509_new();
	X509 *signer = issuer->cert ? issuer->cert : cert;
	const EVP_MD *digest = spec->digest ? spec->digest : EVP_sha256();

	if (!cert || !X509_set_version(cert, X509_VERSION_3) || !set_serial(cert) ||
		!set_times(cert, spec) || !set_subject(cert, spec) ||
		!X509_set_issuer_name(cert, X509_get_subject_name(signer)) ||
		!X509_set_pubkey(cert, spec->key) || !add_extensions(cert, spec, signer) ||
		!X509_sign(cert, issuer->key, digest))
		return err_crypto(err, "make a certificate for '%s'",
			spec->common_name ? spec->common_name : "");
	*out = TAKE(cert);
	return true;
}

char *cert_spki_sha256(EVP_PKEY *key)
{
	AUTO(der) unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);

	return length > 0 ? hex_sha256(der, (size_t)length) : mem_text("");
}

/* OpenSSL names curves by the older standards; profiles use the NIST names. */
static const char *curve_name(const char *group)
{
	if (!strcmp(group, "prime256v1"))
		return "P-256";
	if (!strcmp(group, "secp384r1"))
		return "P-384";
	if (!strcmp(group, "secp521r1"))
		return "P-521";
	return group;
}

char *cert_key_param(const char **algorithm, const EVP_PKEY *key)
{
	char group[64] = "unknown";

	if (EVP_PKEY_is_a(key, "RSA")) {
		*algorithm = "RSA";
		return mem_format("%d", EVP_PKEY_get_bits(key));
	}
	*algorithm = EVP_PKEY_is_a(key, "EC") ? "EC" : "other";
	if (EVP_PKEY_is_a(key, "EC"))
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
	return mem_text(curve_name(group));
}

unsigned char *cert_der(size_t *length, const X509 *cert)
{
	unsigned char *der = NULL;
	int size = i2d_X509(cert, &der);

	if (size <= 0)
		abort();
	*length = (size_t)size;
	return der;
}

char *cert_name_text(const X509_NAME *name)
{
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long length;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		abort();
	length = BIO_get_mem_data(bio, &data);
	return mem_copy(data, (size_t)length);
}
