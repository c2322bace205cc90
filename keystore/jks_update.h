/*
 * A private key and its chain put into a JKS or JCEKS file: the way back of jks.h. Other entries
 * are copied as they are, in their order. Private to this room.
 */
#ifndef KEYSTORE_JKS_UPDATE_H
#define KEYSTORE_JKS_UPDATE_H

#include "keystore/ks_store.h"

/*
 * Appends the whole file. `jceks` counts for a new one (old_len 0) alone; an old one stays what it
 * is. The alias in lower case. ERR_KEYSTORE.
 */
MUST_USE bool jks_update(struct buf *out, bool jceks, const void *old, size_t old_len,
	const struct ks_entry_source *e, struct err *err);

#endif
