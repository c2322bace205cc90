#include "keystore/module.h"

#include <ctype.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/strlist.h"
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

	m->handle = dlopen(m->path, RTLD_NOW | RTLD_LOCAL);
	if (!m->handle)
		return err_set(err, ERR_KEYSTORE, "PKCS#11 module: %s", dlerror());
	symbol = dlsym(m->handle, "C_GetFunctionList");
	if (!symbol)
		return err_set(err, ERR_KEYSTORE, "%s is not a PKCS#11 module", m->path);
	memcpy(&get_list, &symbol, sizeof(get_list));
	if (get_list(&m->fn) != CKR_OK || !m->fn)
		return err_set(
			err, ERR_KEYSTORE, "PKCS#11 module %s gives no function list", m->path);
	return true;
}

static bool start(struct module *m, struct err *err)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK, .pReserved = m->init_args };
	CK_RV rv = m->fn->C_Initialize(&args);

	if (rv != CKR_OK && rv != CKR_CRYPTOKI_ALREADY_INITIALIZED) {
		p11_err(err, rv,
			rv == CKR_ARGUMENTS_BAD
				? "it does not start with these init_args, or needs some"
				: "it does not start");
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

static bool join(struct module **out, struct module *m, const char *init_args, struct err *err)
{
	if (!same_args(m->init_args, init_args))
		return err_set(err, ERR_KEYSTORE,
			"PKCS#11 module %s: another token has started it with other init_args; a "
			"process starts a module once",
			m->path);
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

bool module_open(struct module **out, const char *name, const char *init_args, struct err *err)
{
	AUTO_STR char *path = NULL;
	AUTO_STR char *reserved = NULL;
	AUTO(module) struct module *m = NULL;

	if (!module_resolve(&path, &reserved, name, err) || !check_file(path, err) ||
		!choose_args(&reserved, init_args, err))
		return false;
	if (loaded(path))
		return join(out, loaded(path), reserved, err);
	m = calloc(1, sizeof(*m));
	if (!m)
		return err_memory(err);
	m->users = 1;
	m->path = TAKE(path);
	m->init_args = TAKE(reserved);
	m->next = modules;
	modules = m;
	if (!load_library(m, err) || !start(m, err))
		return false;
	*out = TAKE(m);
	return true;
}

static void unlink_module(struct module *m)
{
	struct module **at = &modules;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
}

void module_close(struct module *m)
{
	if (!m || --m->users)
		return;
	unlink_module(m);
	if (m->started)
		m->fn->C_Finalize(NULL);
	if (m->handle)
		dlclose(m->handle);
	free(m->path);
	free(m->init_args);
	free(m);
}
