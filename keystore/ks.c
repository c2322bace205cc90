#include "keystore/ks.h"

#include "keystore/back.h"
#include "keystore/trial.h"

/* Puts the store's name before a message; false. */
static bool named(const struct ks *ks, struct err *err)
{
	return ks->name[0] ? err_wrap(err, "%s", ks->name) : false;
}

bool ks_pin_refused(const struct ks *ks)
{
	return ks->pin_refused;
}

void ks_close(struct ks *ks)
{
	if (ks)
		ks->ops->close(ks);
}

/* Whether a certificate can be put beside the key, and taken away, as a later one will have to be.
 */
static bool try_certificate(struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	AUTO(x509) X509 *cert = NULL;

	if (!ks->ops->store_certificate)
		return true;
	/* first what an attempt before has left: there must not be more of it each time */
	return (ks->ops->remove_certificate(ks, ref, err) && trial_certificate(&cert, err) &&
		       ks->ops->store_certificate(ks, ref, cert, err) &&
		       ks->ops->remove_certificate(ks, ref, err)) ||
	       err_wrap(err, "try to put a certificate beside a key");
}

static bool make(struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	if (!ks->ops->generate(ks, ref, type, err))
		return err_wrap(err, "make a key of type %s", ks_key_type_name(type));
	if (!ks->ops->load(&key, ks, ref, err) || !ks_probe(key, err))
		return err_wrap(err,
			"made a key of type %s that can't be used (another key_type may do)",
			ks_key_type_name(type));
	/* once more: now it shows whether there is room for all */
	return try_certificate(ks, ref, err);
}

/* What a store can't do has to be found out before a certificate is ordered for the key. */
static bool generate(
	struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err)
{
	bool found;
	struct err ignored;

	if (!ks->ops->find(&found, ks, ref, err))
		return false;
	if (found)
		return err_set(err, ERR_KEYSTORE, "a key is there already; it is not replaced");
	if (!try_certificate(ks, ref, err))
		return false;
	if (make(ks, ref, type, err))
		return true;
	if (!ks->ops->delete (ks, ref, &ignored))
		err_wrap(err, "an unusable key is left behind (%s)", ignored.text);
	return false;
}

bool ks_generate(struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err)
{
	return generate(ks, ref, type, err) || named(ks, err);
}

bool ks_find(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	return ks->ops->find(found, ks, ref, err) || named(ks, err);
}

bool ks_exists(bool *out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	return ks->ops->exists(out, ks, ref, err) || named(ks, err);
}

bool ks_load(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	return ks->ops->load(out, ks, ref, err) || named(ks, err);
}

bool ks_store_certificate(struct ks *ks, const struct ks_ref *ref, X509 *cert, struct err *err)
{
	return !ks->ops->store_certificate || ks->ops->store_certificate(ks, ref, cert, err) ||
	       named(ks, err);
}

bool ks_delete(struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	return ks->ops->delete (ks, ref, err) || named(ks, err);
}

bool ks_uri(struct buf *out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	return !ks->ops->uri || ks->ops->uri(out, ks, ref, err) || named(ks, err);
}

bool ks_find_uri(struct ks_id *out, struct ks *ks, const char *uri, struct err *err)
{
	if (!ks->ops->find_uri)
		return err_set(err, ERR_KEYSTORE, "keys in files have no URI");
	return ks->ops->find_uri(out, ks, uri, err) || named(ks, err);
}

bool ks_list(struct ks_entry **out, size_t *n, struct ks *ks, struct err *err)
{
	if (ks->ops->list)
		return ks->ops->list(out, n, ks, err) || named(ks, err);
	*out = NULL;
	*n = 0;
	return true;
}
