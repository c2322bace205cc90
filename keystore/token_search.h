/*
 * Objects of a token by what is said of them: all of a class, or the one private key that a URI
 * (RFC 7512) and a label describe. Private to this room.
 */
#ifndef KEYSTORE_TOKEN_SEARCH_H
#define KEYSTORE_TOKEN_SEARCH_H

#include "keystore/token.h"
#include "keystore/uri.h"

/* Handles of all objects of a class; ERR_KEYSTORE for more than `max`. */
MUST_USE bool token_search_class(CK_OBJECT_HANDLE *out, size_t *n, size_t max,
	const struct token *t, CK_OBJECT_CLASS class, struct err *err);

/*
 * The only private key that fits what the URI says of an object, and has the label `alias` unless
 * that is NULL. ERR_KEYSTORE for none and for several, naming their labels.
 */
MUST_USE bool token_search_key(CK_OBJECT_HANDLE *out, const struct token *t, const char *alias,
	P11KitUri *uri, struct err *err);

#endif
