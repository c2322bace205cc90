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

/*
 * libp11's slots. libp11 remembers objects for good: one that was removed stays in its lists, and a
 * new one with the handle of an old one is taken for that. So after each change a new view is made.
 * The old ones are kept until the end, since to release one would close every session, and log out.
 */
struct view {
	PKCS11_SLOT *slots;
	unsigned n;
	struct view *older;
};

struct module {
	struct module *next;
	unsigned users;
	char *path;
	void *handle;	      /* of dlopen() */
	CK_FUNCTION_LIST *fn; /* for direct calls */
	bool finalize;	      /* our C_Initialize was the first for `fn`: it is not libp11's copy */
	PKCS11_CTX *ctx;
	struct view *view; /* the newest */
	bool stale;	   /* objects have come or gone since it was made */
};

/*
 * The path of a module: an absolute path as it is, else what "module:" says in NAME.module
 * (pkcs11.conf(5)), and in *reserved what "x-init-reserved:" says there, NULL for none. Owned:
 * free().
 */
MUST_USE bool module_resolve(char **path, char **reserved, const char *name, struct err *err);

/* Loads a module, or takes the one that is loaded already. */
MUST_USE bool module_open(struct module **out, const char *name, struct err *err);

/* Unloads it when this was the last user; NULL is fine. */
void module_close(struct module *m);
AUTO_DEFINE(module, struct module *, module_close);

/* Makes a new view when the module is stale. */
MUST_USE bool module_refresh(struct module *m, struct err *err);

/* The slot of this id in the newest view; NULL when it is gone. Borrowed until module_refresh(). */
PKCS11_SLOT *module_slot(const struct module *m, CK_SLOT_ID id);

#endif
