/*
 * PKCS#11 modules: from the name in the configuration to a library that is loaded and initialized,
 * once in the process, by libp11 and for direct calls. Private to this room.
 *
 * Code from a module runs with our rights: it has to be a file that nobody but its owner, root or
 * we, can change. What p11-kit knows about a name is read from its configuration and not through
 * its loader, which would finalize the module under libp11.
 */
#ifndef KEYSTORE_MODULE_H
#define KEYSTORE_MODULE_H

#include <stdbool.h>

#include <libp11.h>
#include <p11-kit/pkcs11.h>

#include "base/err.h"

#define MODULE_SLOTS_MAX 256

struct module {
	struct module *next;
	unsigned users;
	char *path;
	void *handle;	      /* of dlopen() */
	CK_FUNCTION_LIST *fn; /* for direct calls */
	bool finalize;	      /* our C_Initialize was the first for `fn`: it is not libp11's copy */
	PKCS11_CTX *ctx;
	PKCS11_SLOT *slots;
	unsigned n_slots;
};

/*
 * The path of a module: an absolute path as it is, else what "module:" says in NAME.module
 * (pkcs11.conf(5)), and in *reserved what "x-init-reserved:" says there, NULL for none. Owned:
 * free().
 */
MUST_USE bool module_resolve(char **path, char **reserved, const char *name, struct err *err);

/* Loads a module, or the one that is loaded already, and reads its slots. */
MUST_USE bool module_open(struct module **out, const char *name, struct err *err);

/* Unloads it when this was the last user; NULL is fine. */
void module_close(struct module *m);
AUTO_DEFINE(module, struct module *, module_close);

/* Reads the slots again, so that libp11 forgets the objects it remembers. The login stays. */
MUST_USE bool module_refresh(struct module *m, struct err *err);

/* libp11's slot of this id; NULL when it is gone. Borrowed until module_refresh(). */
PKCS11_SLOT *module_slot(const struct module *m, CK_SLOT_ID id);

#endif
