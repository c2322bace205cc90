#include "keystore/ks_store.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "base/secret.h"
#include "keystore/jks.h"
#include "keystore/jks_pbe.h"
#include "keystore/jks_text.h"
#include "keystore/jks_update.h"
#include "keystore/p12_update.h"
#include "keystore/trial.h"

#define CHAIN_MAX 10

static bool is_java(enum ks_credential_type type)
{
	return type == KS_JKS || type == KS_JCEKS;
}

static bool has_magic(const void *data, size_t len, uint64_t wanted)
{
	struct jks_in in = { data, len };
	uint64_t magic;

	return jks_in_number(&magic, &in, 4) && magic == wanted;
}

enum ks_credential_type ks_store_type(enum ks_credential_type wanted, const void *old, size_t len)
{
	if (!is_java(wanted) || !len)
		return wanted;
	if (jks_is_pkcs12(old, len))
		return KS_PKCS12;
	if (has_magic(old, len, JKS_MAGIC))
		return KS_JKS;
	return has_magic(old, len, JKS_MAGIC_JCEKS) ? KS_JCEKS : wanted;
}

/*
 * Java looks for an alias in lower case. ASCII is turned into that where it matters; of the rest
 * one has to write it so.
 */
static bool is_lower_beyond_ascii(unsigned long c, locale_t utf8)
{
	return c < 0x80 || !utf8 || towlower_l((wint_t)c, utf8) == (wint_t)c;
}

static const char *alias_fault(const char *alias, locale_t utf8)
{
	size_t len = alias ? strlen(alias) : 0;

	if (!len || len > KS_ALIAS_MAX)
		return "is empty or too long";
	while (len) {
		unsigned long c;
		int n = UTF8_getc((const unsigned char *)alias, (int)len, &c);

		if (n <= 0 || c < 0x20 || c == 0x7f)
			return "is not UTF-8, or has control characters";
		if (!is_lower_beyond_ascii(c, utf8))
			return "has capitals beyond ASCII, which Java would not find again; write "
			       "them small";
		alias += n;
		len -= (size_t)n;
	}
	return NULL;
}

static bool check_alias(const char *alias, struct err *err)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	const char *fault = alias_fault(alias, utf8);
	AUTO(buf) struct buf shown = BUF(2 * KS_ALIAS_MAX);

	if (utf8)
		freelocale(utf8);
	if (!fault)
		return true;
	buf_add_printable(&shown, alias ? alias : "", alias ? strlen(alias) : 0);
	return err_set(err, ERR_KEYSTORE, "the alias '%s' %s", buf_str(&shown), fault);
}

/* In the characters that Java counts. */
static bool check_length(const struct secret *password, const char *whose, struct err *err)
{
	AUTO(buf_secret) struct buf text = BUF(JKS_PASSWORD_MAX);

	if (!jks_text_password(&text, password, err))
		return err_wrap(err, "password of the %s", whose);
	return text.len / 2 >= KS_STORE_PASSWORD_MIN ||
	       err_set(err, ERR_KEYSTORE,
		       "the password of the %s is too short; Java's tools take none of fewer than "
		       "%d characters",
		       whose, KS_STORE_PASSWORD_MIN);
}

/*
 * PBEKey of Java takes nothing but printable ASCII, and what others make of the rest under PBES2
 * differs; for 3DES it is defined (RFC 7292 B.1), and Windows and OpenSSL agree.
 */
static bool check_ascii(bool java, const struct ks_entry_source *e, struct err *err)
{
	return (e->legacy && !java) ||
	       (jks_pbe_printable(e->store_password) &&
		       (!e->key_password || jks_pbe_printable(e->key_password))) ||
	       err_set(err, ERR_KEYSTORE,
		       "the password has characters beyond ASCII, and Java opens no PKCS #12 file "
		       "with one; choose another password");
}

static bool check_passwords(enum ks_credential_type real, bool java, bool is_new,
	const struct ks_entry_source *e, struct err *err)
{
	if (!e->store_password || !secret_len(e->store_password))
		return err_set(err, ERR_KEYSTORE,
			"needs a password, and none is configured (password_file)");
	if (real == KS_PKCS12 && !check_ascii(java, e, err))
		return false;
	if (!java)
		return true;
	return (!is_new || check_length(e->store_password, "key store", err)) &&
	       (!e->key_password || check_length(e->key_password, "key", err));
}

static bool check_pair(const struct ks_entry_source *e, struct err *err)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(e->cert), e->key) != 1) {
		ERR_clear_error();
		return err_set(err, ERR_KEYSTORE, "the certificate is not that of the private key");
	}
	return !e->chain || sk_X509_num(e->chain) <= CHAIN_MAX ||
	       err_set(err, ERR_KEYSTORE, "the chain has more than %d certificates", CHAIN_MAX);
}

static void lower(char out[static KS_ALIAS_MAX + 1], const char *alias)
{
	size_t i;

	for (i = 0; alias[i]; i++)
		out[i] = (char)(alias[i] >= 'A' && alias[i] <= 'Z' ? alias[i] + 32 : alias[i]);
	out[i] = '\0';
}

static bool update(struct buf *out, enum ks_credential_type type, const void *old, size_t old_len,
	const struct ks_entry_source *e, struct err *err)
{
	struct ks_entry_source java = *e;
	char alias[KS_ALIAS_MAX + 1];

	if (type == KS_PKCS12)
		return p12_update(out, old, old_len, e, err);
	lower(alias, e->alias);
	java.alias = alias;
	return jks_update(out, type == KS_JCEKS, old, old_len, &java, err);
}

/* What is written is what servers will read: seen once before it takes the place of the old one. */
static bool check_result(const struct buf *file, enum ks_credential_type type,
	const struct ks_entry_source *e, struct err *err)
{
	const struct ks_credential_source src = {
		.type = type,
		.data = file->data,
		.len = file->len,
		.password = e->store_password,
		.key_password = e->key_password,
		.alias = e->alias,
	};
	AUTO(ks_credential) struct ks_credential c = { 0 };

	if (!ks_credential_load(&c, &src, err))
		return err_wrap(err, "read back what was written");
	return EVP_PKEY_eq(c.key, e->key) == 1 ||
	       err_set(err, ERR_INTERNAL, "what was written holds another key");
}

bool ks_store_update(struct buf *out, enum ks_credential_type type, const void *old, size_t old_len,
	const struct ks_entry_source *e, struct err *err)
{
	enum ks_credential_type real = ks_store_type(type, old, old_len);
	AUTO(buf) struct buf file = BUF(KS_STORE_MAX);

	if (type != KS_PKCS12 && !is_java(type))
		return err_set(err, ERR_INTERNAL, "no type of key store that can be written");
	if (old_len > KS_STORE_MAX)
		return err_set(err, ERR_KEYSTORE, "larger than %d bytes", KS_STORE_MAX);
	ERR_clear_error();
	if (!check_alias(e->alias, err) ||
		!check_passwords(real, is_java(type), !old_len, e, err) || !check_pair(e, err) ||
		!update(&file, real, old, old_len, e, err) || !check_result(&file, real, e, err))
		return false;
	buf_add(out, file.data, file.len);
	return buf_check(out, "key store", err);
}

bool ks_store_rehearse(struct buf *out, enum ks_credential_type type, const void *old,
	size_t old_len, const struct ks_entry_source *e, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(x509) X509 *cert = NULL;
	struct ks_entry_source made_up = *e;

	if (!trial_pair(&key, &cert, err))
		return false;
	made_up.key = key;
	made_up.cert = cert;
	made_up.chain = NULL;
	return ks_store_update(out, type, old, old_len, &made_up, err);
}
