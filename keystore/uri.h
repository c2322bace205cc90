/*
 * PKCS#11 URIs (RFC 7512), by p11-kit: reading those of the configuration, writing those of keys.
 * Private to this room.
 */
#ifndef KEYSTORE_URI_H
#define KEYSTORE_URI_H

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "base/buf.h"
#include "keystore/id.h"
#include "keystore/module.h"

static inline void uri_free(P11KitUri *uri)
{
	if (uri)
		p11_kit_uri_free(uri);
}
AUTO_DEFINE(uri, P11KitUri *, uri_free);

/* Owned: uri_free(). A URI that holds a PIN, or an attribute that is not known, is refused. */
MUST_USE bool uri_parse(P11KitUri **out, const char *text, struct err *err);

/*
 * Appends the URI of the private key `id` in the token of `slot`: the label, and the serial number,
 * manufacturer and model as far as they are needed to tell it from the other tokens of the module.
 */
MUST_USE bool uri_of_key(struct buf *out, const struct module *m, CK_SLOT_ID slot,
	const struct ks_id *id, struct err *err);

#endif
