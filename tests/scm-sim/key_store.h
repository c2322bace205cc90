/*
 * The keys that were made for orders, in DIR/keys: one file for each order, and one for each link
 * that was given out.
 */
#ifndef SIM_KEY_STORE_H
#define SIM_KEY_STORE_H

#include "order.h"

/* Keeps KEY for order ID. */
MUST bool key_store_put(const char *dir, int64_t id, EVP_PKEY *key, struct err *err);

/* Whether links can be had in FORMAT: key, pem, p12 or p12aes. Nobody here writes jks. */
bool key_store_format(const char *format);

/*
 * Writes ORDER's key in FORMAT, encrypted when PASSPHRASE is not empty; TOKEN, owned, is what
 * key_store_read() takes. False when there is no key.
 */
MUST bool key_store_link(char **token, const char *dir, const struct order *order,
	const char *format, const char *passphrase, struct err *err);

/* What TOKEN leads to; owned. */
MUST bool key_store_read(
	char **data, size_t *length, const char *dir, const char *token, struct err *err);

#endif
