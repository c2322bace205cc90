#include "keystore/p12.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "base/buf.h"
#include "base/secret.h"
#include "keystore/pbe.h"

#define BAGS_MAX 256
#define DEPTH_MAX 4

typedef STACK_OF(PKCS12_SAFEBAG) bag_stack;

static void bags_free(bag_stack *bags)
{
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static void safes_free(STACK_OF(PKCS7) * safes)
{
	sk_PKCS7_pop_free(safes, PKCS7_free);
}
typedef STACK_OF(PKCS7) safe_stack;
AUTO_DEFINE(safes, safe_stack *, safes_free);
AUTO_DEFINE(pkcs12, PKCS12 *, PKCS12_free);

struct p12 {
	const struct ks_credential_source *src;
	const char *password; /* NULL and "" are different keys in PKCS #12 */
	size_t password_len;
	long budget;
	bag_stack *bags;		     /* owned, of all safes */
	const PKCS12_SAFEBAG *key[BAGS_MAX]; /* those that hold a private key, within `bags` */
	size_t keys;
	STACK_OF(X509) * certs;
	bool anchors; /* wanted are certificates that belong to no private key */
};

static void p12_dispose(struct p12 *p)
{
	bags_free(p->bags);
	ossl_x509_stack_free(p->certs);
}
AUTO_DEFINE_REF(p12, struct p12, p12_dispose);

static bool mac_fits(struct p12 *p, PKCS12 *file, const struct secret *password)
{
	p->password = password ? secret_bytes(password) : NULL;
	p->password_len = password ? secret_len(password) : 0;
	ERR_clear_error();
	if (PKCS12_verify_mac(file, p->password, (int)p->password_len))
		return true;
	if (!password) {
		p->password = "";
		ERR_clear_error();
		return PKCS12_verify_mac(file, "", 0);
	}
	return false;
}

static bool check_mac(struct p12 *p, PKCS12 *file, struct err *err)
{
	const struct secret *password = p->src->password;
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *digest;
	const ASN1_INTEGER *rounds;

	if (!PKCS12_mac_present(file)) {
		p->password = password ? secret_bytes(password) : NULL;
		p->password_len = password ? secret_len(password) : 0;
		return true;
	}
	PKCS12_get0_mac(NULL, &algorithm, NULL, &rounds, file);
	X509_ALGOR_get0(&digest, NULL, NULL, algorithm);
	if (!EVP_get_digestbyobj(digest))
		return err_set(err, ERR_KEYSTORE,
			"its integrity check (MAC) is of a kind that is not supported; save it "
			"again with a SHA-256 MAC");
	if (!pbe_spend(&p->budget, rounds, err))
		return false;
	if (mac_fits(p, file, password))
		return true;
	if (ERR_peek_error())
		return err_crypto(err, ERR_KEYSTORE, "check its integrity");
	return err_set(err, ERR_KEYSTORE,
		password ? "wrong password" : "needs a password, and none is configured");
}

static bool unpack(bag_stack **out, struct p12 *p, PKCS7 *safe, struct err *err)
{
	ERR_clear_error();
	if (PKCS7_type_is_data(safe)) {
		*out = PKCS12_unpack_p7data(safe);
	} else if (PKCS7_type_is_encrypted(safe) && safe->d.encrypted &&
		   safe->d.encrypted->enc_data) {
		if (!pbe_check(&p->budget, safe->d.encrypted->enc_data->algorithm, err))
			return false;
		*out = PKCS12_unpack_p7encdata(safe, p->password, (int)p->password_len);
	} else {
		return err_set(err, ERR_KEYSTORE,
			"sealed with a public key, which is not supported; use a password");
	}
	return *out || err_crypto(err, ERR_KEYSTORE, "wrong password, or damaged");
}

static bool gather(
	struct p12 *p, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth, struct err *err);

static bool take_bag(struct p12 *p, const PKCS12_SAFEBAG *bag, int depth, struct err *err)
{
	X509 *cert;

	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag:
	case NID_pkcs8ShroudedKeyBag:
		if (p->keys == BAGS_MAX)
			return err_set(err, ERR_KEYSTORE, "holds too many keys");
		p->key[p->keys++] = bag;
		return true;
	case NID_certBag:
		if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate ||
			(p->anchors && PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID)))
			return true;
		cert = PKCS12_SAFEBAG_get1_cert(bag);
		if (cert && sk_X509_push(p->certs, cert))
			return true;
		X509_free(cert);
		return err_crypto(err, ERR_KEYSTORE, "a certificate in it is damaged");
	case NID_safeContentsBag:
		return gather(p, PKCS12_SAFEBAG_get0_safes(bag), depth + 1, err);
	default:
		return true;
	}
}

static bool gather(struct p12 *p, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth, struct err *err)
{
	if (depth > DEPTH_MAX || sk_PKCS12_SAFEBAG_num(bags) > BAGS_MAX)
		return err_set(err, ERR_KEYSTORE, "nested too deeply, or holds too much");
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++)
		if (!take_bag(p, sk_PKCS12_SAFEBAG_value(bags, i), depth, err))
			return false;
	return true;
}

/* Into p->bags, which owns them from then on. */
static bool keep(struct p12 *p, bag_stack *bags, struct err *err)
{
	PKCS12_SAFEBAG *bag;

	while ((bag = sk_PKCS12_SAFEBAG_shift(bags))) {
		if (!sk_PKCS12_SAFEBAG_push(p->bags, bag)) {
			PKCS12_SAFEBAG_free(bag);
			return err_memory(err);
		}
	}
	return true;
}

static bool unpack_all(struct p12 *p, PKCS12 *file, struct err *err)
{
	AUTO(safes) STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);

	if (!safes)
		return err_crypto(err, ERR_KEYSTORE, "damaged");
	for (int i = 0; i < sk_PKCS7_num(safes); i++) {
		bag_stack *bags = NULL;
		bool ok;

		if (!unpack(&bags, p, sk_PKCS7_value(safes, i), err))
			return false;
		ok = keep(p, bags, err);
		bags_free(bags);
		if (!ok)
			return false;
	}
	return gather(p, p->bags, 0, err);
}

/* The friendlyName in UTF-8; "" when it has none. */
static void add_name(struct buf *out, const PKCS12_SAFEBAG *bag)
{
	const ASN1_TYPE *name = PKCS12_SAFEBAG_get0_attr(bag, NID_friendlyName);
	AUTO(ossl_bytes) unsigned char *text = NULL;

	if (name && name->type == V_ASN1_BMPSTRING &&
		ASN1_STRING_to_UTF8(&text, name->value.bmpstring) >= 0)
		buf_add_str(out, (const char *)text);
}

/* Java stores aliases in lower case whatever they were. */
static bool has_name(const PKCS12_SAFEBAG *bag, const char *name)
{
	AUTO(buf) struct buf own = BUF(1024);

	add_name(&own, bag);
	return !strcasecmp(buf_str(&own), name);
}

static bool refuse_choice(const struct p12 *p, const char *why, struct err *err)
{
	AUTO(buf) struct buf names = BUF(256);

	for (size_t i = 0; i < p->keys; i++) {
		buf_add_str(&names, i ? ", '" : "'");
		add_name(&names, p->key[i]);
		buf_add_str(&names, "'");
	}
	return err_set(err, ERR_KEYSTORE, "%s: %s", why, buf_str(&names));
}

static bool choose(const PKCS12_SAFEBAG **out, const struct p12 *p, struct err *err)
{
	const char *alias = p->src->alias;
	bool any = !alias || !*alias;
	const PKCS12_SAFEBAG *found = NULL;

	if (!p->keys)
		return err_set(err, ERR_KEYSTORE, "holds no private key");
	for (size_t i = 0; i < p->keys; i++) {
		if (!any && !has_name(p->key[i], alias))
			continue;
		if (found)
			return refuse_choice(p,
				any ? "holds several private keys; choose one by its alias, of"
				    : "several private keys have this alias, of",
				err);
		found = p->key[i];
	}
	if (!found)
		return refuse_choice(p, "no private key with this alias; there are", err);
	*out = found;
	return true;
}

static bool open_bag(EVP_PKEY **out, struct p12 *p, const PKCS12_SAFEBAG *bag, struct err *err)
{
	const struct secret *own = p->src->key_password;

	if (PKCS12_SAFEBAG_get_nid(bag) == NID_keyBag) {
		*out = EVP_PKCS82PKEY(PKCS12_SAFEBAG_get0_p8inf(bag));
		return *out || err_crypto(err, ERR_KEYSTORE, "decode the private key");
	}
	return pbe_decrypt_key(out, &p->budget, PKCS12_SAFEBAG_get0_pkcs8(bag),
		own ? secret_bytes(own) : p->password, own ? secret_len(own) : p->password_len,
		err);
}

/* What a file is that is none of ours, when its first bytes tell. */
static const char *other_kind(const struct ks_credential_source *src)
{
	static const struct {
		const char *magic;
		const char *kind;
	} kinds[] = { { "-----BEGIN ", ", but PEM" }, { "\xfe\xed\xfe\xed", ", but JKS" },
		{ "\xce\xce\xce\xce", ", but JCEKS" } };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (src->len >= strlen(kinds[i].magic) &&
			!memcmp(src->data, kinds[i].magic, strlen(kinds[i].magic)))
			return kinds[i].kind;
	return "";
}

static bool parse(struct p12 *p, struct err *err)
{
	const unsigned char *at = p->src->data;
	size_t len = p->src->len;
	AUTO(pkcs12) PKCS12 *file = len > LONG_MAX ? NULL : d2i_PKCS12(NULL, &at, (long)len);

	ERR_clear_error();
	if (!file)
		return err_set(err, ERR_KEYSTORE,
			"not a PKCS #12 file%s; correct the file, or its type in the configuration",
			other_kind(p->src));
	p->budget = KS_PKCS12_ITERATIONS_MAX;
	p->bags = sk_PKCS12_SAFEBAG_new_null();
	p->certs = sk_X509_new_null();
	if (!p->bags || !p->certs)
		return err_memory(err);
	return check_mac(p, file, err) && unpack_all(p, file, err);
}

bool p12_parse(EVP_PKEY **key, STACK_OF(X509) * *certs, const struct ks_credential_source *src,
	struct err *err)
{
	AUTO(p12) struct p12 p = { .src = src };
	const PKCS12_SAFEBAG *bag = NULL;

	if (!parse(&p, err) || !choose(&bag, &p, err) || !open_bag(key, &p, bag, err))
		return false;
	*certs = TAKE(p.certs);
	return true;
}

bool p12_anchors(STACK_OF(X509) * *certs, const struct ks_credential_source *src, struct err *err)
{
	AUTO(p12) struct p12 p = { .src = src, .anchors = true };

	if (!parse(&p, err))
		return false;
	*certs = TAKE(p.certs);
	return true;
}
