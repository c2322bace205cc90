#include "ca_fixture.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define MUST(condition) ((condition) ? (void)0 : abort())

struct ca_spec ca_leaf_spec(const char *common_name, EVP_PKEY *key, const char *san)
{
	return (struct ca_spec) {
		.common_name = common_name,
		.key = key,
		.not_before = CA_NOW - CA_DAY,
		.not_after = CA_NOW + 198 * CA_DAY,
		.serial = "24197857203266734864793317670504947448",
		.san = san,
		.basic_constraints = "critical,CA:FALSE",
		.key_usage = "critical,digitalSignature",
		.ext_key_usage = "serverAuth",
		.digest = EVP_sha256(),
	};
}

struct ca_spec ca_issuer_spec(const char *common_name, EVP_PKEY *key)
{
	return (struct ca_spec) {
		.common_name = common_name,
		.key = key,
		.not_before = CA_NOW - 1000LL * CA_DAY,
		.not_after = CA_NOW + 3000LL * CA_DAY,
		.serial = "7",
		.basic_constraints = "critical,CA:TRUE",
		.key_usage = "critical,keyCertSign,cRLSign",
		.digest = EVP_sha256(),
	};
}

static void set_serial(X509 *cert, const char *decimal)
{
	BIGNUM *number = NULL;

	MUST(BN_dec2bn(&number, decimal));
	MUST(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)));
	BN_free(number);
}

static void set_subject(X509 *cert, const char *common_name)
{
	X509_NAME *name = X509_NAME_new();

	MUST(name);
	if (common_name)
		MUST(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
			(const unsigned char *)common_name, -1, -1, 0));
	MUST(X509_set_subject_name(cert, name));
	X509_NAME_free(name);
}

static void add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *text)
{
	X509_EXTENSION *extension;

	if (!text)
		return;
	extension = X509V3_EXT_conf_nid(NULL, ctx, nid, text);
	MUST(extension && X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

static void add_extensions(X509 *cert, const struct ca_spec *spec, X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	add_extension(cert, &ctx, NID_subject_alt_name, spec->san);
	add_extension(cert, &ctx, NID_basic_constraints, spec->basic_constraints);
	add_extension(cert, &ctx, NID_key_usage, spec->key_usage);
	add_extension(cert, &ctx, NID_ext_key_usage, spec->ext_key_usage);
	add_extension(cert, &ctx, NID_name_constraints, spec->name_constraints);
	if (spec->no_key_ids)
		return;
	add_extension(cert, &ctx, NID_subject_key_identifier, "hash");
	if (issuer != cert)
		add_extension(cert, &ctx, NID_authority_key_identifier, "keyid:always");
}

X509 *ca_issue(const struct ca_spec *spec, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();

	MUST(cert && X509_set_version(cert, X509_VERSION_3));
	set_serial(cert, spec->serial);
	set_subject(cert, spec->common_name);
	MUST(X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)));
	MUST(ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)spec->not_before));
	MUST(ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)spec->not_after));
	MUST(X509_set_pubkey(cert, spec->key));
	add_extensions(cert, spec, issuer ? issuer : cert);
	if (spec->change)
		spec->change(cert);
	MUST(X509_sign(cert, issuer_key, spec->digest) > 0);
	return cert;
}

EVP_PKEY *ca_ec_key(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	MUST(key);
	return key;
}

EVP_PKEY *ca_rsa_key(unsigned bits, unsigned long exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	MUST(ctx && e && BN_set_word(e, exponent));
	MUST(EVP_PKEY_keygen_init(ctx) == 1);
	MUST(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1);
	MUST(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1);
	MUST(EVP_PKEY_generate(ctx, &key) == 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *public_rsa(const BIGNUM *n, const BIGNUM *e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;

	MUST(ctx && build);
	MUST(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n));
	MUST(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e));
	params = OSSL_PARAM_BLD_to_param(build);
	MUST(params && EVP_PKEY_fromdata_init(ctx) == 1);
	MUST(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *ca_odd_exponent_key(unsigned long exponent)
{
	EVP_PKEY *whole = ca_rsa_key(2048, 65537);
	BIGNUM *n = NULL;
	BIGNUM *e = BN_new();
	EVP_PKEY *key;

	MUST(EVP_PKEY_get_bn_param(whole, OSSL_PKEY_PARAM_RSA_N, &n));
	MUST(e && BN_set_word(e, exponent));
	key = public_rsa(n, e);
	BN_free(e);
	BN_free(n);
	EVP_PKEY_free(whole);
	return key;
}

EVP_PKEY *ca_modulus_key(const BIGNUM *n)
{
	BIGNUM *e = BN_new();
	EVP_PKEY *key;

	MUST(e && BN_set_word(e, 65537));
	key = public_rsa(n, e);
	BN_free(e);
	return key;
}

static void take_bio(struct buf *out, BIO *bio)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	buf_add(out, text, (size_t)len);
	MUST(buf_ok(out));
	BIO_free(bio);
}

void ca_request(struct buf *pem, EVP_PKEY *key)
{
	X509_REQ *request = X509_REQ_new();
	EVP_PKEY *signer = ca_ec_key("P-256");
	BIO *bio = BIO_new(BIO_s_mem());

	MUST(request && bio && X509_REQ_set_pubkey(request, key));
	MUST(X509_REQ_sign(request, signer, EVP_sha256()) > 0);
	MUST(PEM_write_bio_X509_REQ(bio, request));
	take_bio(pem, bio);
	EVP_PKEY_free(signer);
	X509_REQ_free(request);
}

static GENERAL_NAME *general_text(int type, const void *bytes, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value =
		ASN1_STRING_type_new(type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	MUST(name && value && ASN1_STRING_set(value, bytes, len));
	GENERAL_NAME_set0_value(name, type, value);
	return name;
}

void ca_add_raw_name(X509 *cert, const char *first, int type, const void *bytes, int len)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	MUST(names);
	if (first)
		MUST(sk_GENERAL_NAME_push(names, general_text(GEN_DNS, first, (int)strlen(first))));
	MUST(sk_GENERAL_NAME_push(names, general_text(type, bytes, len)));
	MUST(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT));
	GENERAL_NAMES_free(names);
}

void ca_add_raw_extension(X509 *cert, int nid, int critical, const void *bytes, int len)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	MUST(value && ASN1_OCTET_STRING_set(value, bytes, len));
	extension = X509_EXTENSION_create_by_NID(NULL, nid, critical, value);
	MUST(extension && X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
}

void ca_der(struct buf *out, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	MUST(len > 0);
	buf_add(out, der, (size_t)len);
	MUST(buf_ok(out));
	OPENSSL_free(der);
}

void ca_pem(struct buf *out, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	MUST(bio && PEM_write_bio_X509(bio, cert));
	take_bio(out, bio);
}
