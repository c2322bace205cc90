#include "keystore/token.h"

#include <stdio.h>

#include "base/secret.h"

static bool open_session(struct token *t, struct err *err)
{
	CK_RV rv = GUARDED(t->p11.fn, C_OpenSession, t->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
		NULL, NULL, &t->p11.session);

	if (rv == CKR_TOKEN_WRITE_PROTECTED)
		rv = GUARDED(t->p11.fn, C_OpenSession, t->slot, CKF_SERIAL_SESSION, NULL, NULL,
			&t->p11.session);
	return rv == CKR_OK || p11_err(err, rv, "open a session");
}

static bool login_failed(CK_RV rv, struct err *err)
{
	if (rv == CKR_PIN_LOCKED)
		return err_set(err, ERR_KEYSTORE,
			"the PIN is locked; unlock it with the token's own tool, or wait if it "
			"does so by itself, as a TPM does; later runs look again");
	if (rv == CKR_PIN_EXPIRED)
		return err_set(err, ERR_KEYSTORE, "the PIN has expired; set a new one");
	if (rv == CKR_USER_PIN_NOT_INITIALIZED)
		return err_set(err, ERR_KEYSTORE, "the token has no user PIN yet; set one");
	if (p11_pin_refused(rv))
		return err_set(err, ERR_KEYSTORE,
			"wrong PIN; it is not tried again before its file or the configuration "
			"changes, because tokens lock");
	return p11_err(err, rv, "log in");
}

/* Nothing is tried when the token says beforehand how that would end. */
static bool may_try(const CK_TOKEN_INFO *info, const struct secret *pin, struct err *err)
{
	if (!pin && info->flags & CKF_LOGIN_REQUIRED)
		return err_set(
			err, ERR_KEYSTORE, "the token wants a PIN; name its file with pin_file");
	if (pin && info->flags & CKF_USER_PIN_LOCKED)
		return login_failed(CKR_PIN_LOCKED, err);
	if (pin && info->flags & CKF_USER_PIN_FINAL_TRY)
		return err_set(err, ERR_KEYSTORE,
			"one more wrong PIN would lock the token, so none is tried; log in once "
			"by hand with the right one, as by pkcs11-tool --login --list-objects");
	return true;
}

static bool login(struct token *t, bool *pin_refused, struct err *err)
{
	CK_RV rv;

	if (!t->pin)
		return true;
	rv = P11_CALL(&t->p11, C_Login, CKU_USER, (unsigned char *)secret_bytes(t->pin),
		secret_len(t->pin));
	*pin_refused = p11_pin_refused(rv);
	return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN || login_failed(rv, err);
}

static bool close_session(void *arg, struct err *err)
{
	const struct token *t = arg;

	(void)err;
	(void)GUARDED(t->p11.fn, C_CloseSession, t->p11.session);
	return true;
}

void token_close(struct ks *ks)
{
	struct token *t = token_of(ks);
	struct err ignored;

	/* what a thread is left behind in is not freed */
	if (t->module && t->p11.session &&
		!guard_run(&t->module->guard, close_session, t, &ignored))
		return;
	module_close(t->module);
	secret_free(t->pin);
	free(t);
}

static bool copy_pin(struct token *t, const struct secret *pin, struct err *err)
{
	if (pin)
		t->pin = secret_new(secret_bytes(pin), secret_len(pin));
	return !pin || t->pin || err_memory(err);
}

/* What is opened, and what came of it. */
struct opening {
	struct token *token;
	const struct ks_token *spec;
	bool *pin_refused;
};

static bool start(void *arg, struct err *err)
{
	const struct opening *o = arg;
	struct token *t = o->token;
	CK_TOKEN_INFO info;

	if (!token_find_slot(&t->slot, &info, t->module, o->spec->uri, err))
		return false;
	snprintf(t->ks.name, sizeof(t->ks.name), "token '%.*s'",
		(int)p11_padded_len(info.label, sizeof(info.label)), info.label);
	return may_try(&info, t->pin, err) && open_session(t, err) && login(t, o->pin_refused, err);
}

static bool open_guarded(struct opening *o, struct err *err)
{
	struct token *t = o->token;

	if (!module_open(&t->module, o->spec, err))
		return false;
	t->p11.fn = t->module->fn;
	t->p11.guard = &t->module->guard;
	t->p11.name = t->ks.name;
	if (guard_run(t->p11.guard, start, o, err))
		return true;
	return t->ks.name[0] ? err_wrap(err, "%s", t->ks.name)
			     : err_wrap(err, "PKCS#11 module %s", t->module->path);
}

bool ks_open_token(
	struct ks **out, bool *pin_refused, const struct ks_token *token, struct err *err)
{
	struct token *t = calloc(1, sizeof(*t));
	struct opening opening = { t, token, pin_refused };

	*pin_refused = false;
	if (!t)
		return err_memory(err);
	t->ks.ops = &token_ops;
	if (!copy_pin(t, token->pin, err) || !open_guarded(&opening, err)) {
		token_close(&t->ks);
		return false;
	}
	*out = &t->ks;
	return true;
}
