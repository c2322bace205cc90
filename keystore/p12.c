#include "keystore/p12.h"

#include "base/secret.h"
#include "keystore/p12_file.h"
#include "keystore/pbe.h"

#define DEPTH_MAX 4

struct p12 {
	const struct ks_credential_source *src;
	struct p12_file file;
	p12_bags *bags;				 /* owned, of all safes */
	const PKCS12_SAFEBAG *key[P12_BAGS_MAX]; /* those that hold a private key, within `bags` */
	size_t keys;
	STACK_OF(X509) * certs;
	bool anchors; /* wanted are certificates that belong to no private key */
};

static void p12_dispose(struct p12 *p)
{
	p12_close(&p->file);
	p12_bags_free(p->bags);
	ossl_x509_stack_free(p->certs);
}
AUTO_DEFINE_REF(p12, struct p12, p12_dispose);

static bool gather(
	struct p12 *p, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth, struct err *err);

static bool take_bag(struct p12 *p, const PKCS12_SAFEBAG *bag, int depth, struct err *err)
{
	X509 *cert;

	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag:
	case NID_pkcs8ShroudedKeyBag:
		if (p->keys == P12_BAGS_MAX)
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
	if (depth > DEPTH_MAX || sk_PKCS12_SAFEBAG_num(bags) > P12_BAGS_MAX)
		return err_set(err, ERR_KEYSTORE, "nested too deeply, or holds too much");
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++)
		if (!take_bag(p, sk_PKCS12_SAFEBAG_value(bags, i), depth, err))
			return false;
	return true;
}

/* Into p->bags, which owns them from then on. */
static bool keep(struct p12 *p, p12_bags *bags, struct err *err)
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

static bool unpack_all(struct p12 *p, struct err *err)
{
	for (int i = 0; i < sk_PKCS7_num(p->file.safes); i++) {
		AUTO(p12_bags) p12_bags *bags = NULL;

		if (!p12_unpack(&bags, &p->file, sk_PKCS7_value(p->file.safes, i), err) ||
			!keep(p, bags, err))
			return false;
	}
	return gather(p, p->bags, 0, err);
}

static bool refuse_choice(const struct p12 *p, const char *why, struct err *err)
{
	AUTO(buf) struct buf names = BUF(256);

	for (size_t i = 0; i < p->keys; i++) {
		buf_add_str(&names, i ? ", '" : "'");
		p12_add_name(&names, p->key[i]);
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
		if (!any && !p12_has_name(p->key[i], alias))
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
	return pbe_decrypt_key(out, &p->file.budget, PKCS12_SAFEBAG_get0_pkcs8(bag),
		own ? secret_bytes(own) : p->file.password,
		own ? secret_len(own) : p->file.password_len, err);
}

static bool parse(struct p12 *p, struct err *err)
{
	const struct ks_credential_source *src = p->src;

	p->bags = sk_PKCS12_SAFEBAG_new_null();
	p->certs = sk_X509_new_null();
	if (!p->bags || !p->certs)
		return err_memory(err);
	return p12_open(&p->file, src->data, src->len, src->password, err) && unpack_all(p, err);
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
