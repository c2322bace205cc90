/*
 * PKCS#11 modules: from the name in the configuration to a library that is loaded and initialized,
 * once in the process. Private to this room.
 *
 * Code from a module runs with our rights: it has to be a file that nobody but its owner, root or
 * we, can change. What p11-kit knows about a name is read from its configuration and not through
 * its loader, which would initialize and finalize the module for everybody.
 */
#ifndef KEYSTORE_MODULE_H
#define KEYSTORE_MODULE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "keystore/guard.h"

struct ks_token;

#define MODULE_SLOTS_MAX 256

struct module {
	struct module *next;
	unsigned users;
	struct guard guard;
	char *path;
	char *init_args;      /* NULL: none; may be read as long as the module is loaded */
	void *handle;	      /* of dlopen() */
	CK_FUNCTION_LIST *fn; /* NULL until it is loaded */
	bool started;	      /* C_Finalize is ours to call */
};

/*
 * The path of a module: an absolute path as it is, else what "module:" says in NAME.module
 * (pkcs11.conf(5)), and in *reserved what "x-init-reserved:" says there, NULL for none. Owned:
 * free().
 */
MUST_USE bool module_resolve(char **path, char **reserved, const char *name, struct err *err);

/*
 * Loads a module, or takes the one that is loaded already. `init_args` is pReserved of
 * C_Initialize, a text that the module's vendor defines; NULL for what p11-kit's file says, if
 * anything. It is the same for all who use a module at a time: else ERR_KEYSTORE. Of several
 * timeouts the longest holds.
 */
MUST_USE bool module_open(struct module **out, const struct ks_token *token, struct err *err);

/* Within guard_run(): C_GetSlotList with tokens alone, and C_GetTokenInfo. */
CK_RV module_slots(CK_SLOT_ID out[static MODULE_SLOTS_MAX], CK_ULONG *n, const struct module *m);
CK_RV module_token_info(CK_TOKEN_INFO *out, const struct module *m, CK_SLOT_ID slot);

/* Unloads it when this was the last user, unless it is stuck; NULL is fine. */
void module_close(struct module *m);
AUTO_DEFINE(module, struct module *, module_close);

#endif
