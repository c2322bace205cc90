#include "keystore/module.h"

#include <ctype.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/strlist.h"
#include "keystore/ks.h"
#include "keystore/p11.h"

#define CONF_MAX 65536

/* Modules in use. PKCS#11 has one state per library and process, so this is one per process too. */
static struct module *modules;

static bool name_ok(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return *name && *name != '.';
}

/* The value of "key: value" in a line of pkcs11.conf(5), NULL when it is another line. */
static const char *value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0)
		return NULL;
	line += len + strspn(line + len, " \t");
	if (*line++ != ':')
		return NULL;
	return line + strspn(line, " \t");
}

static bool read_setting(char **out, const struct strlist *lines, const char *key, struct err *err)
{
	for (size_t i = 0; i < lines->n; i++) {
		const char *value = value_of(lines->item[i], key);

		if (!value || !*value)
			continue;
		*out = strdup(value);
		return *out || err_memory(err);
	}
	return true;
}

/* Leaves *path alone when the directory has no such file. */
static bool look_in(
	char **path, char **reserved, const char *dir, const char *name, struct err *err)
{
	AUTO(buf) struct buf file = BUF(4096);
	AUTO(buf) struct buf text = BUF(CONF_MAX);
	AUTO(strlist) struct strlist lines = { 0 };

	buf_addf(&file, "%s/%s.module", dir, name);
	if (!buf_check(&file, "module's name", err))
		return false;
	if (access(file.data, F_OK))
		return true;
	if (!fs_check_trusted(file.data, "p11-kit's file", err) ||
		!fs_read_path(&text, file.data, err)) {
		err->kind = ERR_KEYSTORE;
		return false;
	}
	if (!strlist_split(&lines, buf_str(&text), '\n'))
		return err_memory(err);
	return read_setting(path, &lines, "module", err) &&
	       read_setting(reserved, &lines, "x-init-reserved", err);
}

static bool make_absolute(char **path, struct err *err)
{
	AUTO(buf) struct buf full = BUF(4096);
	char *result;

	if (**path == '/')
		return true;
	buf_addf(&full, "%s/%s", KS_P11_MODULE_DIR, *path);
	result = buf_detach(&full);
	if (!result)
		return err_memory(err);
	free(*path);
	*path = result;
	return true;
}

static bool look_up(char **path, char **reserved, const char *name, struct err *err)
{
	if (!name_ok(name))
		return err_set(err, ERR_KEYSTORE,
			"PKCS#11 module '%s': give a name that p11-kit knows, or an absolute path",
			name);
	if (!look_in(path, reserved, KS_P11_SYSTEM_CONF_DIR, name, err) ||
		(!*path && !look_in(path, reserved, KS_P11_PACKAGE_CONF_DIR, name, err)))
		return err_wrap(err, "PKCS#11 module '%s'", name);
	if (*path)
		return make_absolute(path, err);
	return err_set(err, ERR_KEYSTORE,
		"PKCS#11 module '%s': neither %s nor %s says which library it is; install its "
		"package, or give the library's absolute path",
		name, KS_P11_SYSTEM_CONF_DIR, KS_P11_PACKAGE_CONF_DIR);
}

bool module_resolve(char **path, char **reserved, const char *name, struct err *err)
{
	AUTO_STR char *file = NULL;
	AUTO_STR char *init = NULL;

	if (name[0] == '/')
		file = strdup(name);
	else if (!look_up(&file, &init, name, err))
		return false;
	if (!file) {
		err_memory(err);
		return false;
	}
	*path = TAKE(file);
	*reserved = TAKE(init);
	return true;
}

static bool check_file(const char *path, struct err *err)
{
	if (access(path, R_OK))
		return err_errno(err, ERR_KEYSTORE, "PKCS#11 module %s", path);
	if (fs_check_trusted(path, "PKCS#11 module", err))
		return true;
	err->kind = ERR_KEYSTORE;
	return false;
}

static bool load_library(struct module *m, struct err *err)
{
	CK_C_GetFunctionList get_list;
	void *symbol;
	CK_RV rv;

	guard_enter("dlopen");
	m->handle = dlopen(m->path, RTLD_NOW | RTLD_LOCAL);
	guard_leave(CKR_OK);
	if (!m->handle)
		return err_set(err, ERR_KEYSTORE, "PKCS#11 module: %s", dlerror());
	symbol = dlsym(m->handle, "C_GetFunctionList");
	if (!symbol)
		return err_set(err, ERR_KEYSTORE, "%s is not a PKCS#11 module", m->path);
	memcpy(&get_list, &symbol, sizeof(get_list));
	guard_enter("C_GetFunctionList");
	rv = guard_leave(get_list(&m->fn));
	if (rv != CKR_OK || !m->fn)
		return err_set(
			err, ERR_KEYSTORE, "PKCS#11 module %s gives no function list", m->path);
	/* the functions that we call have their places since 2.0 */
	if (m->fn->version.major < 2)
		return err_set(err, ERR_KEYSTORE,
			"PKCS#11 module %s speaks version %d.%d of PKCS#11; 2.0 or later is needed",
			m->path, m->fn->version.major, m->fn->version.minor);
	return true;
}

static bool start(void *arg, struct err *err)
{
	struct module *m = arg;
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK, .pReserved = m->init_args };
	CK_RV rv;

	if (!load_library(m, err))
		return false;
	rv = GUARDED(m->fn, C_Initialize, &args);
	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
		p11_err(err, rv,
			rv == CKR_ARGUMENTS_BAD
				? "it does not start with these init_args, or needs some"
				: "it does not start; is there what it needs: settings "
				  "(env., init_args), permissions, device, daemon");
		return err_wrap(err, "PKCS#11 module %s", m->path);
	}
	m->started = rv == CKR_OK;
	return true;
}

static struct module *loaded(const char *path)
{
	struct module *m = modules;

	while (m && strcmp(m->path, path) != 0)
		m = m->next;
	return m;
}

static bool same_args(const char *a, const char *b)
{
	return (!a && !b) || (a && b && !strcmp(a, b));
}

static bool may_join(const struct module *m, const char *init_args, struct err *err)
{
	if (m->guard.stuck)
		return guard_stuck(&m->guard, err);
	return same_args(m->init_args, init_args) ||
	       err_set(err, ERR_KEYSTORE,
		       "another token has started it with other init_args; a process starts a "
		       "module once");
}

/* One more user of a module that is loaded; the most patient one decides for all. */
static bool join(struct module **out, struct module *m, const char *init_args, int64_t timeout_ms,
	struct err *err)
{
	if (!may_join(m, init_args, err))
		return err_wrap(err, "PKCS#11 module %s", m->path);
	if (m->guard.timeout_ms && (!timeout_ms || timeout_ms > m->guard.timeout_ms))
		m->guard.timeout_ms = timeout_ms;
	m->users++;
	*out = m;
	return true;
}

/* What the configuration says, else what p11-kit's file does. */
static bool choose_args(char **reserved, const char *init_args, struct err *err)
{
	char *copy;

	if (!init_args)
		return true;
	copy = strdup(init_args);
	if (!copy)
		return err_memory(err);
	free(*reserved);
	*reserved = copy;
	return true;
}

bool module_open(struct module **out, const struct ks_token *token, struct err *err)
{
	AUTO_STR char *path = NULL;
	AUTO_STR char *reserved = NULL;
	AUTO(module) struct module *m = NULL;

	if (!module_resolve(&path, &reserved, token->module, err) || !check_file(path, err) ||
		!choose_args(&reserved, token->init_args, err))
		return false;
	if (loaded(path))
		return join(out, loaded(path), reserved, token->timeout_ms, err);
	m = calloc(1, sizeof(*m));
	if (!m)
		return err_memory(err);
	m->users = 1;
	m->path = TAKE(path);
	m->init_args = TAKE(reserved);
	m->guard.timeout_ms = token->timeout_ms;
	m->next = modules;
	modules = m;
	if (!guard_run(&m->guard, start, m, err))
		return m->guard.stuck ? err_wrap(err, "PKCS#11 module %s", m->path) : false;
	*out = TAKE(m);
	return true;
}

CK_RV module_slots(CK_SLOT_ID out[static MODULE_SLOTS_MAX], CK_ULONG *n, const struct module *m)
{
	CK_RV rv;

	memset(out, 0, MODULE_SLOTS_MAX * sizeof(*out));
	*n = MODULE_SLOTS_MAX;
	rv = GUARDED(m->fn, C_GetSlotList, CK_TRUE, out, n);
	return rv == CKR_OK && *n > MODULE_SLOTS_MAX ? CKR_BUFFER_TOO_SMALL : rv;
}

CK_RV module_token_info(CK_TOKEN_INFO *out, const struct module *m, CK_SLOT_ID slot)
{
	memset(out, 0, sizeof(*out));
	return GUARDED(m->fn, C_GetTokenInfo, slot, out);
}

static void unlink_module(struct module *m)
{
	struct module **at = &modules;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
}

static bool stop(void *arg, struct err *err)
{
	struct module *m = arg;

	(void)err;
	if (m->started)
		(void)GUARDED(m->fn, C_Finalize, NULL);
	return true;
}

void module_close(struct module *m)
{
	struct err ignored;

	/* what is stuck stays as it is: a thread is in it, and the next user has to know */
	if (!m || --m->users || !guard_run(&m->guard, stop, m, &ignored))
		return;
	unlink_module(m);
	/* not on the thread of the work: its end calls what the module has registered for that */
	if (m->handle)
		dlclose(m->handle);
	free(m->path);
	free(m->init_args);
	free(m);
}
