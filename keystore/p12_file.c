#include "keystore/p12_file.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "keystore/ks_credential.h"
#include "keystore/pbe.h"

AUTO_DEFINE(pkcs12, PKCS12 *, PKCS12_free);

void p12_bags_free(p12_bags *bags)
{
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

void p12_safes_free(p12_safes *safes)
{
	sk_PKCS7_pop_free(safes, PKCS7_free);
}

static bool mac_fits(struct p12_file *f, PKCS12 *file, const struct secret *password)
{
	ERR_clear_error();
	if (PKCS12_verify_mac(file, f->password, (int)f->password_len))
		return true;
	if (!password) {
		f->password = "";
		ERR_clear_error();
		return PKCS12_verify_mac(file, "", 0);
	}
	return false;
}

static bool check_mac(
	struct p12_file *f, PKCS12 *file, const struct secret *password, struct err *err)
{
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *digest;
	const ASN1_INTEGER *rounds;

	if (!PKCS12_mac_present(file))
		return true;
	PKCS12_get0_mac(NULL, &algorithm, NULL, &rounds, file);
	X509_ALGOR_get0(&digest, NULL, NULL, algorithm);
	if (!EVP_get_digestbyobj(digest))
		return err_set(err, ERR_KEYSTORE,
			"its integrity check (MAC) is of a kind that is not supported; save it "
			"again with a SHA-256 MAC");
	if (!pbe_spend(&f->budget, rounds, err))
		return false;
	if (mac_fits(f, file, password))
		return true;
	if (ERR_peek_error())
		return err_crypto(err, ERR_KEYSTORE, "check its integrity");
	return err_set(err, ERR_KEYSTORE,
		password ? "wrong password" : "needs a password, and none is configured");
}

/* What a file is that is none of ours, when its first bytes tell. */
static const char *other_kind(const void *data, size_t len)
{
	static const struct {
		const char *magic;
		const char *kind;
	} kinds[] = { { "-----BEGIN ", ", but PEM" }, { "\xfe\xed\xfe\xed", ", but JKS" },
		{ "\xce\xce\xce\xce", ", but JCEKS" } };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (len >= strlen(kinds[i].magic) &&
			!memcmp(data, kinds[i].magic, strlen(kinds[i].magic)))
			return kinds[i].kind;
	return "";
}

bool p12_open(struct p12_file *out, const void *data, size_t len, const struct secret *password,
	struct err *err)
{
	const unsigned char *at = data;
	AUTO(pkcs12) PKCS12 *file = len > LONG_MAX ? NULL : d2i_PKCS12(NULL, &at, (long)len);
	struct p12_file f = {
		.password = password ? secret_bytes(password) : NULL,
		.password_len = password ? secret_len(password) : 0,
		.budget = KS_PKCS12_ITERATIONS_MAX,
	};

	ERR_clear_error();
	if (!file)
		return err_set(err, ERR_KEYSTORE,
			"not a PKCS #12 file%s; correct the file, or its type if that is "
			"configured",
			other_kind(data, len));
	if (!check_mac(&f, file, password, err))
		return false;
	f.safes = PKCS12_unpack_authsafes(file);
	if (!f.safes)
		return err_crypto(err, ERR_KEYSTORE, "damaged");
	*out = f;
	return true;
}

void p12_close(struct p12_file *f)
{
	p12_safes_free(f->safes);
	f->safes = NULL;
}

bool p12_unpack(p12_bags **out, struct p12_file *f, PKCS7 *safe, struct err *err)
{
	p12_bags *bags;

	ERR_clear_error();
	if (PKCS7_type_is_data(safe)) {
		bags = PKCS12_unpack_p7data(safe);
	} else if (PKCS7_type_is_encrypted(safe) && safe->d.encrypted &&
		   safe->d.encrypted->enc_data) {
		if (!pbe_check(&f->budget, safe->d.encrypted->enc_data->algorithm, err))
			return false;
		bags = PKCS12_unpack_p7encdata(safe, f->password, (int)f->password_len);
	} else {
		return err_set(err, ERR_KEYSTORE,
			"sealed with a public key, which is not supported; use a password");
	}
	if (!bags)
		return err_crypto(err, ERR_KEYSTORE, "wrong password, or damaged");
	*out = bags;
	return true;
}

/* Java has what is beyond U+FFFF as a pair of surrogates, which a BMPString may not hold. */
void p12_add_name(struct buf *out, const PKCS12_SAFEBAG *bag)
{
	const ASN1_TYPE *name = PKCS12_SAFEBAG_get0_attr(bag, NID_friendlyName);
	AUTO(ossl_bytes) unsigned char *text = NULL;

	if (name && name->type == V_ASN1_BMPSTRING)
		text = (unsigned char *)OPENSSL_uni2utf8(
			name->value.bmpstring->data, name->value.bmpstring->length);
	if (text)
		buf_add_str(out, (const char *)text);
}

bool p12_set_name(PKCS12_SAFEBAG *bag, const char *name)
{
	AUTO(ossl_bytes) unsigned char *text = NULL;
	int len = 0;

	return OPENSSL_utf82uni(name, -1, &text, &len) &&
	       PKCS12_add_friendlyname_uni(bag, text, len - 2); /* without the NUL at its end */
}

bool p12_has_name(const PKCS12_SAFEBAG *bag, const char *name)
{
	AUTO(buf) struct buf own = BUF(1024);

	p12_add_name(&own, bag);
	return !strcasecmp(buf_str(&own), name);
}
