/*
 * What a back end is to ks.c: a table of functions. Private to this room.
 *
 * A back end has a struct ks as its first member and returns its address when opened. Meanings and
 * errors are those of the functions of the same names in ks.h, except that `generate` neither looks
 * for an older key nor tries the new one: ks.c does.
 */
#ifndef KEYSTORE_BACK_H
#define KEYSTORE_BACK_H

#include "keystore/ks.h"

struct ks_ops {
	void (*close)(struct ks *ks);
	bool (*generate)(
		struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err);
	bool (*find)(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err);
	bool (*exists)(bool *out, struct ks *ks, const struct ks_ref *ref, struct err *err);
	bool (*load)(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err);
	bool (*delete)(struct ks *ks, const struct ks_ref *ref, struct err *err);
	/* These may be NULL: nothing to do. The first two come together. */
	bool (*store_certificate)(
		struct ks *ks, const struct ks_ref *ref, X509 *cert, struct err *err);
	bool (*remove_certificate)(struct ks *ks, const struct ks_ref *ref, struct err *err);
	bool (*uri)(struct buf *out, struct ks *ks, const struct ks_ref *ref, struct err *err);
	bool (*find_uri)(struct ks_id *out, struct ks *ks, const char *uri, struct err *err);
	bool (*list)(struct ks_entry **out, size_t *n, struct ks *ks, struct err *err);
};

struct ks {
	const struct ks_ops *ops;
	char name[64];	  /* "token 'web'", put before each message; "" for none */
	bool pin_refused; /* by a key that wants it at each use */
};

#endif
