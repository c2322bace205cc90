#include "agent/login_entry.h"

#include "agent/credential.h"
#include "base/secret.h"
#include "keystore/ks_credential.h"

static enum ks_credential_type type_of(enum conf_format format)
{
	return format == CONF_JKS ? KS_JKS : format == CONF_JCEKS ? KS_JCEKS : KS_PKCS12;
}

static bool read_password(struct secret **out, const char *reference, struct err *err)
{
	return !reference || secret_read(out, reference, err);
}

static bool load(const struct conf_account *a, const struct conf_target *t, const struct buf *made,
	const char *alias, struct err *err)
{
	AUTO(secret) struct secret *password = NULL;
	AUTO(secret) struct secret *key_password = NULL;
	AUTO(ks_credential) struct ks_credential found = { 0 };
	struct ks_credential_source src = {
		.type = type_of(t->format), .data = made->data, .len = made->len, .alias = alias
	};

	if (!read_password(&password, a->store_password_file, err) ||
		!read_password(&key_password, a->key_password_file, err))
		return false;
	src.password = password;
	src.key_password = key_password;
	return ks_credential_load(&found, &src, err);
}

static bool check_account(const struct conf_account *a, const struct conf_target *t,
	const struct buf *made, struct err *err)
{
	struct err ignored = { 0 };

	if (load(a, t, made, a->store_alias, err))
		return true;
	if (!a->store_alias && load(a, t, made, t->alias, &ignored)) {
		struct err why = *err;

		return err_set(err, ERR_KEYSTORE,
			"with a new entry '%s', account %s would not know which one to log in "
			"with; set alias of [install:%s] to the entry that is there, or "
			"client_cert_key_alias of the account (%.300s)",
			t->alias, a->name, t->name, why.text);
	}
	return err_wrap(
		err, "account %s could not log in with it (client_cert_key_store)", a->name);
}

bool login_entry_check(const struct conf *conf, const struct conf_target *t, const struct buf *made,
	struct err *err)
{
	for (size_t i = 0; i < conf->accounts; i++) {
		const struct conf_account *a = &conf->account[i];

		if (credential_is_target(a, t) && !check_account(a, t, made, err))
			return false;
	}
	return true;
}
