#include "p12_fixture.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 3

#define MUST(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "p12_fixture: %s\n", #x);                                  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

X509_ALGOR *p12_algorithm(int rounds)
{
	unsigned char salt[16] = "salt of tests";
	X509_ALGOR *a = rounds ? PKCS5_pbe2_set(EVP_aes_256_cbc(), rounds, salt, sizeof(salt))
			       : PKCS5_pbe2_set_scrypt(
					 EVP_aes_256_cbc(), salt, sizeof(salt), NULL, 2, 1, 1);

	MUST(a);
	return a;
}

static void write_over(X509_ALGOR *to, const X509_ALGOR *from)
{
	MUST(X509_ALGOR_copy(to, from));
}

static X509_SIG *seal(EVP_PKEY *key, const char *password)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_SIG *sealed;

	MUST(info);
	sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), password,
		password ? (int)strlen(password) : 0, NULL, 0, ROUNDS, info);
	PKCS8_PRIV_KEY_INFO_free(info);
	MUST(sealed);
	return sealed;
}

void p12_sealed_pem(
	struct buf *out, EVP_PKEY *key, const char *password, const X509_ALGOR *algorithm)
{
	X509_SIG *sealed = seal(key, password);
	AUTO(bio) BIO *bio = BIO_new(BIO_s_mem());
	X509_ALGOR *own;
	char *text;
	long len;

	X509_SIG_getm(sealed, &own, NULL);
	if (algorithm)
		write_over(own, algorithm);
	MUST(PEM_write_bio_PKCS8(bio, sealed));
	X509_SIG_free(sealed);
	len = BIO_get_mem_data(bio, &text);
	buf_add(out, text, (size_t)len);
}

static PKCS12_SAFEBAG *key_bag(const struct p12_spec *spec, int i)
{
	PKCS12_SAFEBAG *bag;
	X509_SIG *sealed;
	X509_ALGOR *algorithm;

	if (spec->plain) {
		PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(spec->key[i]);

		bag = PKCS12_SAFEBAG_create0_p8inf(info);
	} else {
		sealed = seal(
			spec->key[i], spec->key_password ? spec->key_password : spec->password);
		if (spec->bomb == P12_BOMB_KEY) {
			X509_ALGOR *bomb = p12_algorithm(P12_BOMB);

			X509_SIG_getm(sealed, &algorithm, NULL);
			write_over(algorithm, bomb);
			X509_ALGOR_free(bomb);
		}
		bag = PKCS12_SAFEBAG_create0_pkcs8(sealed);
	}
	MUST(bag);
	if (spec->name[i])
		MUST(PKCS12_add_friendlyname_utf8(bag, spec->name[i], -1));
	return bag;
}

static PKCS7 *key_safe(const struct p12_spec *spec)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	PKCS7 *safe;

	for (int i = 0; i < P12_MANY && spec->key[i]; i++)
		MUST(sk_PKCS12_SAFEBAG_push(bags, key_bag(spec, i)));
	safe = PKCS12_pack_p7data(bags);
	MUST(safe);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return safe;
}

static PKCS7 *cert_safe(const struct p12_spec *spec)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
	const char *password = spec->password;
	PKCS7 *safe;

	for (int i = 0; i <= P12_MANY && spec->cert[i]; i++)
		MUST(PKCS12_add_cert(&bags, spec->cert[i]));
	safe = spec->plain ? PKCS12_pack_p7data(bags)
			   : PKCS12_pack_p7encdata(NID_aes_256_cbc, password,
				     password ? (int)strlen(password) : 0, NULL, 0, ROUNDS, bags);
	MUST(safe);
	if (spec->bomb == P12_BOMB_CERTS) {
		X509_ALGOR *bomb = p12_algorithm(P12_BOMB);

		write_over(safe->d.encrypted->enc_data->algorithm, bomb);
		X509_ALGOR_free(bomb);
	}
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return safe;
}

static void set_mac(PKCS12 *file, const struct p12_spec *spec)
{
	const ASN1_INTEGER *rounds;
	const X509_ALGOR *algorithm;

	MUST(PKCS12_set_mac(file, spec->password, spec->password ? (int)strlen(spec->password) : 0,
		NULL, 0, ROUNDS, EVP_sha256()));
	PKCS12_get0_mac(NULL, &algorithm, NULL, &rounds, file);
	if (spec->bomb == P12_BOMB_MAC)
		MUST(ASN1_INTEGER_set((ASN1_INTEGER *)rounds, P12_BOMB));
	if (spec->odd_mac)
		MUST(X509_ALGOR_set0(
			(X509_ALGOR *)algorithm, OBJ_nid2obj(NID_id_scrypt), V_ASN1_UNDEF, NULL));
}

void p12_make(struct buf *out, const struct p12_spec *spec)
{
	STACK_OF(PKCS7) *safes = sk_PKCS7_new_null();
	AUTO(ossl_bytes) unsigned char *der = NULL;
	PKCS12 *file;
	int len;

	MUST(safes && sk_PKCS7_push(safes, cert_safe(spec)) &&
		sk_PKCS7_push(safes, key_safe(spec)));
	file = PKCS12_add_safes(safes, 0);
	MUST(file);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	if (!spec->no_mac)
		set_mac(file, spec);
	len = i2d_PKCS12(file, &der);
	MUST(len > 0);
	PKCS12_free(file);
	buf_add(out, der, (size_t)len);
	MUST(buf_ok(out));
}
