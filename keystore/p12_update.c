#include "keystore/p12_update.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/secret.h"
#include "keystore/p12_old.h"
#include "keystore/pbe.h"

#define MAC_SALT_LEN 20
#define KEY_ID_MAX 32

AUTO_DEFINE(pkcs12, PKCS12 *, PKCS12_free);

struct update {
	const struct ks_entry_source *e;
	struct p12_old old;
	char key_id[KEY_ID_MAX]; /* Java reads the date of an entry out of it */
	p12_safes *safes;	 /* owned: of the new file */
};

static void update_dispose(struct update *u)
{
	p12_old_close(&u->old);
	p12_safes_free(u->safes);
}
AUTO_DEFINE_REF(update, struct update, update_dispose);

static void safe_free(PKCS7 *safe)
{
	PKCS7_free(safe);
}
AUTO_DEFINE(safe, PKCS7 *, safe_free);

static void borrowed_bags_free(p12_bags *bags)
{
	sk_PKCS12_SAFEBAG_free(bags);
}
AUTO_DEFINE(borrowed_bags, p12_bags *, borrowed_bags_free);

static bool is_taken(const struct p12_old *old, const char *key_id)
{
	for (size_t i = 0; i < old->n; i++) {
		const ASN1_OCTET_STRING *id = p12_key_id(&old->item[i]);

		if (id && (size_t)id->length == strlen(key_id) &&
			!memcmp(id->data, key_id, strlen(key_id)))
			return true;
	}
	return false;
}

static void choose_key_id(struct update *u)
{
	long long ms = (long long)u->e->now * 1000;

	do
		snprintf(u->key_id, sizeof(u->key_id), "Time %lld", ms++);
	while (is_taken(&u->old, u->key_id));
}

/* Takes the safe, also when it fails. */
static bool push_safe(struct update *u, PKCS7 *new, struct err *err)
{
	AUTO(safe) PKCS7 *safe = new;

	if (!safe)
		return err_crypto(err, ERR_KEYSTORE, "write a safe of the key store");
	if (!sk_PKCS7_push(u->safes, safe))
		return err_memory(err);
	(void)TAKE(safe);
	return true;
}

static PKCS7 *seal(const struct update *u, p12_bags *bags)
{
	const struct secret *password = u->e->store_password;

	return PKCS12_pack_p7encdata(
		u->e->legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc,
		secret_bytes(password), (int)secret_len(password), NULL, PBE_SALT_LEN, P12_ROUNDS,
		bags);
}

/* A safe that had something of ours in it, without that. */
static bool push_rest(struct update *u, int safe, struct err *err)
{
	AUTO(borrowed_bags) p12_bags *rest = sk_PKCS12_SAFEBAG_new_null();

	if (!rest)
		return err_memory(err);
	for (size_t i = 0; i < u->old.n; i++) {
		const struct p12_item *item = &u->old.item[i];

		if (item->safe == safe && !item->goes &&
			!sk_PKCS12_SAFEBAG_push(rest, (PKCS12_SAFEBAG *)item->bag))
			return err_memory(err);
	}
	if (!sk_PKCS12_SAFEBAG_num(rest))
		return true;
	if (PKCS7_type_is_data(sk_PKCS7_value(u->old.file.safes, safe)))
		return push_safe(u, PKCS12_pack_p7data(rest), err);
	return push_safe(u, seal(u, rest), err);
}

static bool push_old(struct update *u, struct err *err)
{
	for (int i = 0; i < sk_PKCS7_num(u->old.file.safes); i++) {
		bool changed = false;

		for (size_t j = 0; j < u->old.n; j++)
			changed = changed || (u->old.item[j].safe == i && u->old.item[j].goes);
		if (changed ? !push_rest(u, i, err)
			    : !push_safe(u, PKCS7_dup(sk_PKCS7_value(u->old.file.safes, i)), err))
			return false;
	}
	return true;
}

/* Takes the bag, also when it fails. */
static bool push_bag(p12_bags *bags, PKCS12_SAFEBAG *bag, struct err *err)
{
	if (bag && sk_PKCS12_SAFEBAG_push(bags, bag))
		return true;
	PKCS12_SAFEBAG_free(bag);
	return err_crypto(err, ERR_KEYSTORE, "write an object of the key store");
}

static bool name_last(const struct update *u, p12_bags *bags, struct err *err)
{
	PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, sk_PKCS12_SAFEBAG_num(bags) - 1);

	return (p12_set_name(bag, u->e->alias) &&
		       PKCS12_add_localkeyid(
			       bag, (unsigned char *)u->key_id, (int)strlen(u->key_id))) ||
	       err_crypto(err, ERR_KEYSTORE, "name an object of the key store");
}

static bool push_key(struct update *u, struct err *err)
{
	AUTO(p12_bags) p12_bags *bags = sk_PKCS12_SAFEBAG_new_null();
	const struct secret *own = u->e->key_password;
	const struct pbe_how how = { P12_ROUNDS, u->e->legacy };
	X509_SIG *sealed = NULL;
	PKCS12_SAFEBAG *bag;

	if (!bags)
		return err_memory(err);
	if (!pbe_encrypt_key(&sealed, u->e->key, own ? own : u->e->store_password, &how, err))
		return false;
	bag = PKCS12_SAFEBAG_create0_pkcs8(sealed);
	if (!bag)
		X509_SIG_free(sealed);
	return push_bag(bags, bag, err) && name_last(u, bags, err) &&
	       push_safe(u, PKCS12_pack_p7data(bags), err);
}

/* Once is enough, however many chains it is part of. */
static bool is_there(const struct update *u, const X509 *cert)
{
	for (size_t i = 0; i < u->old.n; i++) {
		const struct p12_item *item = &u->old.item[i];

		if (p12_is_of_chain(item) && !item->goes && !X509_cmp(item->cert, cert))
			return true;
	}
	return false;
}

static bool push_certs(struct update *u, struct err *err)
{
	AUTO(p12_bags) p12_bags *bags = sk_PKCS12_SAFEBAG_new_null();

	if (!bags)
		return err_memory(err);
	if (!push_bag(bags, PKCS12_SAFEBAG_create_cert(u->e->cert), err) ||
		!name_last(u, bags, err))
		return false;
	for (int i = 0; u->e->chain && i < sk_X509_num(u->e->chain); i++) {
		X509 *cert = sk_X509_value(u->e->chain, i);

		if (!is_there(u, cert) && !push_bag(bags, PKCS12_SAFEBAG_create_cert(cert), err))
			return false;
	}
	return push_safe(u, seal(u, bags), err);
}

static bool finish(struct buf *out, const struct update *u, struct err *err)
{
	AUTO(pkcs12) PKCS12 *file = PKCS12_add_safes(u->safes, 0);
	const struct secret *password = u->e->store_password;
	AUTO(ossl_bytes) unsigned char *der = NULL;
	int len;

	if (!file ||
		!PKCS12_set_mac(file, secret_bytes(password), (int)secret_len(password), NULL,
			MAC_SALT_LEN, P12_ROUNDS, u->e->legacy ? EVP_sha1() : EVP_sha256()) ||
		(len = i2d_PKCS12(file, &der)) <= 0)
		return err_crypto(err, ERR_KEYSTORE, "write the key store");
	buf_add(out, der, (size_t)len);
	return buf_check(out, "key store", err);
}

bool p12_update(struct buf *out, const void *old, size_t old_len, const struct ks_entry_source *e,
	struct err *err)
{
	AUTO(update) struct update u = { .e = e, .safes = sk_PKCS7_new_null() };

	ERR_clear_error();
	if (!u.safes)
		return err_memory(err);
	if (old_len && (!p12_old_open(&u.old, old, old_len, e->store_password, err) ||
			       !p12_old_mark(&u.old, e->alias, err)))
		return false;
	choose_key_id(&u);
	return push_old(&u, err) && push_key(&u, err) && push_certs(&u, err) &&
	       finish(out, &u, err);
}
