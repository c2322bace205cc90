#include "token_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>

#include "base/proc.h"
#include "base/secret.h"
#include "ca_fixture.h"
#include "keystore/token.h"

#define PLENTY_MS 60000

bool token_available(void)
{
	return *SOFTHSM_MODULE && !access("/usr/bin/softhsm2-util", X_OK);
}

X509 *token_some_certificate;

int token_make_certificate(void **state)
{
	AUTO(pkey) EVP_PKEY *key = ca_ec_key("P-256");
	struct ca_spec spec = ca_issuer_spec("anything", key);

	(void)state;
	token_some_certificate = ca_issue(&spec, NULL, key);
	return 0;
}

int token_free_certificate(void **state)
{
	(void)state;
	X509_free(token_some_certificate);
	return 0;
}

void token_add(const struct token_fixture *f, const char *label, const char *pin)
{
	const char *const argv[] = { SOFTHSM_INIT, f->dir->path, label, pin, NULL };
	const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	const struct proc_spec spec = { .argv = argv, .env = env, .timeout_ms = PLENTY_MS };
	AUTO(proc_result) struct proc_result r = { 0 };
	struct err err;

	assert_true(proc_run(&r, &spec, &err));
	if (r.status)
		fail_msg("%s: %s", SOFTHSM_INIT, buf_str(&r.output));
}

/* A copy in a directory that is ours alone, whatever the permissions of the build directory are. */
static void copy_fault_module(struct token_fixture *f)
{
	AUTO(buf) struct buf library = BUF(16 * 1024 * 1024);
	struct err err;
	void *symbol;

	assert_true(fs_read_path(&library, FAULT_MODULE, &err));
	assert_true(
		fs_write(f->dir->fd, "fault.so", library.data, library.len, FS_ATTR(0755), &err));
	tempdir_path(f->fault_module, f->dir, "fault.so");
	f->handle = dlopen(f->fault_module, RTLD_NOW | RTLD_LOCAL);
	if (!f->handle)
		fail_msg("%s", dlerror());
	symbol = dlsym(f->handle, "faults");
	assert_non_null(symbol);
	f->faults = symbol;
}

void token_settle(void)
{
	void *library = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	void *symbol = dlsym(library, "C_Finalize");
	CK_C_Finalize finalize;

	memcpy(&finalize, &symbol, sizeof(finalize));
	finalize(NULL);
	dlclose(library);
}

int token_setup(void **state)
{
	struct token_fixture *f = calloc(1, sizeof(*f));
	void *dir = NULL;
	char conf[128];

	if (!f || tempdir_setup(&dir))
		return -1;
	f->dir = dir;
	token_add(f, "web", TOKEN_PIN);
	if (setenv("SOFTHSM2_CONF", tempdir_path(conf, f->dir, "softhsm2.conf"), 1))
		return -1;
	token_settle();
	copy_fault_module(f);
	*state = f;
	return 0;
}

int token_teardown(void **state)
{
	struct token_fixture *f = *state;
	void *dir = f->dir;

	dlclose(f->handle);
	free(f);
	return tempdir_teardown(&dir);
}

bool token_try(struct ks **out, bool *pin_refused, const char *module, const char *uri,
	const char *pin, struct err *err)
{
	AUTO(secret) struct secret *secret = pin ? secret_new(pin, strlen(pin)) : NULL;
	const struct ks_token token = {
		.module = module, .uri = uri, .pin = secret, .timeout_ms = PLENTY_MS
	};

	memset(err, 0, sizeof(*err));
	return ks_open_token(out, pin_refused, &token, err);
}

static struct ks *open_by(const char *module)
{
	struct ks *ks = NULL;
	bool pin_refused = true;
	struct err err;

	if (!token_try(&ks, &pin_refused, module, TOKEN_URI, TOKEN_PIN, &err))
		fail_msg("%s", err.text);
	assert_false(pin_refused);
	return ks;
}

struct ks *token_open(void)
{
	return open_by(SOFTHSM_MODULE);
}

struct ks *token_open_faulty(const struct token_fixture *f)
{
	return open_by(f->fault_module);
}

struct p11 *token_raw(struct ks *ks)
{
	return &token_of(ks)->p11;
}

const char *token_serial(struct ks *ks)
{
	static CK_TOKEN_INFO info;

	assert_int_equal(token_raw(ks)->fn->C_GetTokenInfo(token_of(ks)->slot, &info), CKR_OK);
	return (const char *)info.serialNumber;
}

static size_t find(CK_OBJECT_HANDLE *out, size_t max, struct ks *ks, CK_OBJECT_CLASS class,
	const struct ks_ref *ref)
{
	CK_ATTRIBUTE match[] = { P11_ATTR(CKA_CLASS, class), { CKA_ID, NULL, 0 } };
	struct err err;
	size_t n;

	if (ref)
		match[1] = token_id(ref);
	if (!p11_find(out, &n, max, token_raw(ks), match, ref ? 2 : 1, &err))
		fail_msg("%s", err.text);
	return n;
}

size_t token_count(struct ks *ks, CK_OBJECT_CLASS class, const struct ks_ref *ref)
{
	CK_OBJECT_HANDLE objects[64];

	return find(objects, ARRAY_LEN(objects), ks, class, ref);
}

void token_remove(struct ks *ks, CK_OBJECT_CLASS class, const struct ks_ref *ref)
{
	CK_OBJECT_HANDLE objects[64];
	size_t n = find(objects, ARRAY_LEN(objects), ks, class, ref);
	struct p11 *raw = token_raw(ks);

	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(raw->fn->C_DestroyObject(raw->session, objects[i]), CKR_OK);
}

struct ks_ref token_ref(int n)
{
	struct ks_ref ref = { .dir = -1, .id.len = KS_ID_NEW, .label = "www" };

	memset(ref.id.data, n, ref.id.len);
	return ref;
}

void check_says(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
	if (strstr(text, "canary"))
		fail_msg("'%s' gives the PIN away", text);
}
