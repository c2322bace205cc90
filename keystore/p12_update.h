/*
 * A private key and its chain put into a PKCS #12 file. Safes without anything of ours are kept as
 * they are; ours stand in two of their own behind them. Private to this room.
 */
#ifndef KEYSTORE_P12_UPDATE_H
#define KEYSTORE_P12_UPDATE_H

#include "keystore/ks_store.h"

#define P12_ROUNDS 10000 /* of each encryption and of the MAC, as Java has it */

/* Appends the whole file; old_len 0: a new one. ERR_KEYSTORE. */
MUST_USE bool p12_update(struct buf *out, const void *old, size_t old_len,
	const struct ks_entry_source *e, struct err *err);

#endif
