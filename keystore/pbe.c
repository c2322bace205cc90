#include "keystore/pbe.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "base/secret.h"
#include "keystore/ks_credential.h"

bool pbe_spend(long *budget, const ASN1_INTEGER *rounds, struct err *err)
{
	int64_t n = 1; /* the default of RFC 7292 4 */

	if ((rounds && !ASN1_INTEGER_get_int64(&n, rounds)) || n < 1 || n > *budget)
		return err_set(err, ERR_KEYSTORE,
			"asks for more than %d rounds of password hashing; save it again with "
			"fewer",
			KS_PKCS12_ITERATIONS_MAX);
	*budget -= (long)n;
	ERR_clear_error();
	return true;
}

/* Once in the process, since each time counts. "default" has to be named when anything is. */
static void load_legacy(void)
{
	static bool tried;

	if (!tried && OSSL_PROVIDER_load(NULL, "legacy"))
		OSSL_PROVIDER_load(NULL, "default");
	tried = true;
}

static bool have_cipher(int nid)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, OBJ_nid2sn(nid), NULL);
	bool have = cipher;

	EVP_CIPHER_free(cipher);
	return have;
}

/* Old files are sealed with ciphers that OpenSSL 3 keeps apart, in a provider of their own. */
static bool need_cipher(int nid, struct err *err)
{
	bool have = have_cipher(nid);

	if (!have) {
		load_legacy();
		have = have_cipher(nid);
	}
	ERR_clear_error();
	return have ||
	       err_set(err, ERR_KEYSTORE,
		       "encrypted with %s, which this OpenSSL does not have; install its legacy "
		       "provider, or save the file again with AES",
		       OBJ_nid2ln(nid));
}

static bool not_supported(const ASN1_OBJECT *algorithm, struct err *err)
{
	char name[80] = "?";

	OBJ_obj2txt(name, sizeof(name), algorithm, 0);
	ERR_clear_error();
	return err_set(err, ERR_KEYSTORE,
		"password-based encryption with %s is not supported; save it again with AES and "
		"PBKDF2",
		name);
}

static bool check_pbkdf2(long *budget, const X509_ALGOR *kdf, struct err *err)
{
	PBKDF2PARAM *param = NULL;
	bool ok;

	if (OBJ_obj2nid(kdf->algorithm) == NID_id_pbkdf2)
		param = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), kdf->parameter);
	if (!param)
		return not_supported(kdf->algorithm, err);
	ok = pbe_spend(budget, param->iter, err);
	PBKDF2PARAM_free(param);
	return ok;
}

static bool check_pbes2(long *budget, const X509_ALGOR *algorithm, struct err *err)
{
	PBE2PARAM *param =
		ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
	bool ok;

	if (!param)
		return not_supported(algorithm->algorithm, err);
	ok = check_pbkdf2(budget, param->keyfunc, err) &&
	     need_cipher(OBJ_obj2nid(param->encryption->algorithm), err);
	PBE2PARAM_free(param);
	return ok;
}

static bool check_pbes1(long *budget, const X509_ALGOR *algorithm, int cipher, struct err *err)
{
	PBEPARAM *param = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
	bool ok;

	if (!param)
		return not_supported(algorithm->algorithm, err);
	ok = pbe_spend(budget, param->iter, err) && need_cipher(cipher, err);
	PBEPARAM_free(param);
	return ok;
}

bool pbe_check(long *budget, const X509_ALGOR *algorithm, struct err *err)
{
	int nid = OBJ_obj2nid(algorithm->algorithm);
	int cipher;

	if (nid == NID_pbes2)
		return check_pbes2(budget, algorithm, err);
	if (EVP_PBE_find(EVP_PBE_TYPE_OUTER, nid, &cipher, NULL, NULL) && cipher > 0)
		return check_pbes1(budget, algorithm, cipher, err);
	return not_supported(algorithm->algorithm, err);
}

bool pbe_decrypt_key(EVP_PKEY **out, long *budget, const X509_SIG *sealed, const char *password,
	size_t len, struct err *err)
{
	const X509_ALGOR *algorithm;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *key;

	X509_SIG_get0(sealed, &algorithm, NULL);
	if (!pbe_check(budget, algorithm, err))
		return false;
	info = PKCS8_decrypt(sealed, password, (int)len);
	ERR_clear_error();
	if (!info)
		return err_set(err, ERR_KEYSTORE,
			"wrong password for the private key, or the key is damaged");
	key = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (!key)
		return err_crypto(err, ERR_KEYSTORE, "decode the private key");
	*out = key;
	return true;
}

bool pbe_export_key(PKCS8_PRIV_KEY_INFO **out, EVP_PKEY *key, struct err *err)
{
	PKCS8_PRIV_KEY_INFO *info;

	ERR_clear_error();
	info = EVP_PKEY2PKCS8(key);
	ERR_clear_error();
	if (!info)
		return err_set(err, ERR_KEYSTORE,
			"the private key can't be exported; a key in a token stays there: install "
			"its certificate alone, or make keys in files (key_store = file)");
	*out = info;
	return true;
}

bool pbe_encrypt_key(X509_SIG **out, EVP_PKEY *key, const struct secret *password,
	const struct pbe_how *how, struct err *err)
{
	AUTO(pkcs8) PKCS8_PRIV_KEY_INFO *info = NULL;
	X509_SIG *sealed;

	if (!pbe_export_key(&info, key, err))
		return false;
	sealed = PKCS8_encrypt(how->legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : -1,
		EVP_aes_256_cbc(), secret_bytes(password), (int)secret_len(password), NULL,
		PBE_SALT_LEN, how->rounds, info);
	if (!sealed)
		return err_crypto(err, ERR_KEYSTORE, "encrypt the private key");
	*out = sealed;
	return true;
}
