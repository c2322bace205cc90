#include "keystore/p12_old.h"

#include <string.h>

#include <openssl/objects.h>

/* oracle-jdk-trustedkeyusage: what Java marks its trusted certificates with. */
#define TRUSTED_OID "2.16.840.1.113894.746875.1.1"

static bool add_item(struct p12_old *old, const PKCS12_SAFEBAG *bag, int safe, struct err *err)
{
	struct p12_item item = { .bag = bag, .safe = safe };
	int nid = PKCS12_SAFEBAG_get_nid(bag);

	if (old->n == P12_BAGS_MAX)
		return err_set(err, ERR_KEYSTORE, "holds more than %d objects", P12_BAGS_MAX);
	if (nid == NID_safeContentsBag)
		return err_set(err, ERR_KEYSTORE,
			"has a safe within a safe, which can be read but not changed; write it "
			"again with keytool or openssl");
	if (nid == NID_certBag && PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate) {
		item.cert = PKCS12_SAFEBAG_get1_cert(bag);
		if (!item.cert || !sk_X509_push(old->certs, item.cert)) {
			X509_free(item.cert);
			return err_crypto(err, ERR_KEYSTORE, "a certificate in it is damaged");
		}
	}
	old->item[old->n++] = item;
	return true;
}

static bool open_safe(struct p12_old *old, int safe, struct err *err)
{
	p12_bags **bags = &old->bags[safe];

	if (!p12_unpack(bags, &old->file, sk_PKCS7_value(old->file.safes, safe), err))
		return false;
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(*bags); i++)
		if (!add_item(old, sk_PKCS12_SAFEBAG_value(*bags, i), safe, err))
			return false;
	return true;
}

static bool open_all(struct p12_old *old, const void *data, size_t len,
	const struct secret *password, struct err *err)
{
	int safes;

	old->certs = sk_X509_new_null();
	if (!old->certs)
		return err_memory(err);
	if (!p12_open(&old->file, data, len, password, err))
		return false;
	safes = sk_PKCS7_num(old->file.safes);
	if (safes > P12_BAGS_MAX)
		return err_set(err, ERR_KEYSTORE, "holds more than %d safes", P12_BAGS_MAX);
	for (int i = 0; i < safes; i++)
		if (!open_safe(old, i, err))
			return false;
	return true;
}

bool p12_old_open(struct p12_old *out, const void *data, size_t len, const struct secret *password,
	struct err *err)
{
	AUTO(p12_old) struct p12_old old = { .n = 0 };

	if (!open_all(&old, data, len, password, err))
		return false;
	*out = old;
	old = (struct p12_old) { .n = 0 };
	return true;
}

void p12_old_close(struct p12_old *old)
{
	for (int i = 0; i < P12_BAGS_MAX; i++)
		p12_bags_free(old->bags[i]);
	ossl_x509_stack_free(old->certs);
	p12_close(&old->file);
	*old = (struct p12_old) { .n = 0 };
}

static bool is_key(const struct p12_item *item)
{
	int nid = PKCS12_SAFEBAG_get_nid(item->bag);

	return nid == NID_keyBag || nid == NID_pkcs8ShroudedKeyBag;
}

static bool is_trusted(const struct p12_item *item)
{
	const STACK_OF(X509_ATTRIBUTE) *attrs = PKCS12_SAFEBAG_get0_attrs(item->bag);
	char oid[64];

	for (int i = 0; i < sk_X509_ATTRIBUTE_num(attrs); i++) {
		X509_ATTRIBUTE *attr = sk_X509_ATTRIBUTE_value(attrs, i);

		OBJ_obj2txt(oid, sizeof(oid), X509_ATTRIBUTE_get0_object(attr), 1);
		if (!strcmp(oid, TRUSTED_OID))
			return true;
	}
	return false;
}

const ASN1_OCTET_STRING *p12_key_id(const struct p12_item *item)
{
	const ASN1_TYPE *id = PKCS12_SAFEBAG_get0_attr(item->bag, NID_localKeyID);

	return id && id->type == V_ASN1_OCTET_STRING ? id->value.octet_string : NULL;
}

bool p12_is_of_chain(const struct p12_item *item)
{
	return item->cert && !p12_key_id(item) && !is_trusted(item);
}

static bool same_id(const struct p12_item *a, const struct p12_item *b)
{
	const ASN1_OCTET_STRING *of_a = p12_key_id(a);
	const ASN1_OCTET_STRING *of_b = p12_key_id(b);

	return of_a && of_b && !ASN1_OCTET_STRING_cmp(of_a, of_b);
}

/* The certificate of this key; of keys that share an id, the one with its name. */
static bool belongs(const struct p12_old *old, const struct p12_item *item,
	const struct p12_item *key, const char *alias)
{
	if (!item->cert || is_trusted(item))
		return false;
	if (!same_id(item, key))
		return !p12_key_id(item) && p12_has_name(item->bag, alias);
	for (size_t i = 0; i < old->n; i++)
		if (&old->item[i] != key && is_key(&old->item[i]) && same_id(&old->item[i], key))
			return p12_has_name(item->bag, alias);
	return true;
}

static bool issued(const struct p12_item *issuer, const struct p12_item *item)
{
	return !X509_NAME_cmp(
		X509_get_subject_name(issuer->cert), X509_get_issuer_name(item->cert));
}

/* All the way up from a certificate: the chain goes, or stays. Each is visited once. */
static void set_chain(struct p12_old *old, const struct p12_item *from, bool goes)
{
	for (size_t i = 0; i < old->n; i++) {
		struct p12_item *up = &old->item[i];

		if (!p12_is_of_chain(up) || up->goes == goes || !issued(up, from))
			continue;
		up->goes = goes;
		set_chain(old, up, goes);
	}
}

static bool find_key(struct p12_item **out, struct p12_old *old, const char *alias, struct err *err)
{
	struct p12_item *key = NULL;
	bool other = false;

	for (size_t i = 0; i < old->n; i++) {
		struct p12_item *item = &old->item[i];

		if (!p12_has_name(item->bag, alias))
			continue;
		if (is_key(item) && key)
			return err_set(err, ERR_KEYSTORE,
				"several private keys have the alias '%s'; leave one", alias);
		if (is_key(item))
			key = item;
		else
			other = other || !item->cert || is_trusted(item);
	}
	for (size_t i = 0; !key && i < old->n; i++)
		other = other || p12_has_name(old->item[i].bag, alias);
	if (other)
		return err_set(err, ERR_KEYSTORE,
			"the alias '%s' is that of a trusted certificate or a secret key, not of "
			"a private key; choose another one",
			alias);
	*out = key;
	return true;
}

bool p12_old_mark(struct p12_old *old, const char *alias, struct err *err)
{
	struct p12_item *key = NULL;
	struct p12_item *leaf[P12_BAGS_MAX];
	size_t leaves = 0;

	if (!find_key(&key, old, alias, err))
		return false;
	if (!key)
		return true;
	for (size_t i = 0; i < old->n; i++)
		if (belongs(old, &old->item[i], key, alias))
			leaf[leaves++] = &old->item[i];
	for (size_t i = 0; i < leaves; i++)
		set_chain(old, leaf[i], true);
	for (size_t i = 0; i < leaves; i++)
		leaf[i]->goes = true;
	key->goes = true;
	for (size_t i = 0; i < old->n; i++)
		if (old->item[i].cert && !old->item[i].goes && !is_trusted(&old->item[i]))
			set_chain(old, &old->item[i], false);
	for (size_t i = 0; i < leaves; i++)
		leaf[i]->goes = true;
	return true;
}
