#include "keystore/jks_credential.h"

#include <strings.h>

#include "base/buf.h"
#include "keystore/jks.h"
#include "keystore/jks_key.h"
#include "keystore/p12.h"

/* Names the private keys, as far as they fit a message. */
static void refuse_choice(const struct jks *j, const char *why, struct err *err)
{
	AUTO(buf) struct buf names = BUF(256);

	for (size_t i = 0; i < j->n; i++)
		if (j->entry[i].kind == JKS_PRIVATE_KEY)
			buf_addf(&names, "%s'%s'", names.len ? ", " : "", j->entry[i].alias);
	err_set(err, ERR_KEYSTORE, "%s: %s%s", why, buf_str(&names), buf_ok(&names) ? "" : " ...");
}

static bool holds_key(const struct jks *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->entry[i].kind == JKS_PRIVATE_KEY)
			return true;
	return false;
}

/* Java stores aliases in lower case whatever they were. */
static bool fits(const struct jks_entry *e, const char *alias)
{
	return e->kind == JKS_PRIVATE_KEY && (!alias || !strcasecmp(e->alias, alias));
}

/* NULL unless there is one alone. */
static const struct jks_entry *choose(const struct jks *j, const char *alias, struct err *err)
{
	const struct jks_entry *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++) {
		if (fits(&j->entry[i], alias)) {
			found = &j->entry[i];
			n++;
		}
	}
	if (n == 1)
		return found;
	if (!holds_key(j))
		err_set(err, ERR_KEYSTORE, "holds no private key");
	else if (!n)
		refuse_choice(j, "no private key with this alias; there are", err);
	else
		refuse_choice(j,
			alias ? "several private keys have this alias, of"
			      : "holds several private keys; choose one by its alias, of",
			err);
	return NULL;
}

static bool open_entry(EVP_PKEY **key, STACK_OF(X509) * certs, const struct jks *j,
	const struct jks_entry *entry, const struct ks_credential_source *src, struct err *err)
{
	const struct secret *own = src->key_password;

	if (!jks_certificates(certs, j, entry, err))
		return false;
	return jks_key_open(key, &entry->sealed, own ? own : src->password, err) ||
	       err_wrap(err, "alias '%s'%s", entry->alias,
		       own ? "" : " (opened with the password of the key store)");
}

static bool load(EVP_PKEY **key, STACK_OF(X509) * certs, const struct jks *j,
	const struct ks_credential_source *src, struct err *err)
{
	const char *alias = src->alias && *src->alias ? src->alias : NULL;
	const struct jks_entry *entry = choose(j, alias, err);

	return entry && open_entry(key, certs, j, entry, src, err);
}

bool jks_credential(EVP_PKEY **key, STACK_OF(X509) * *certs, const struct ks_credential_source *src,
	struct err *err)
{
	AUTO(x509_stack) STACK_OF(X509) *found = sk_X509_new_null();
	AUTO(jks) struct jks j = { 0 };

	if (jks_is_pkcs12(src->data, src->len))
		return p12_parse(key, certs, src, err);
	if (!found)
		return err_memory(err);
	if (!jks_parse(&j, src->data, src->len, src->password, err) ||
		!load(key, found, &j, src, err))
		return false;
	*certs = TAKE(found);
	return true;
}
