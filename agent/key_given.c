#include "agent/key_given.h"

bool key_given_ids(struct strlist *out, struct run *run, struct err *err)
{
	for (size_t i = 0; i < run->conf->certs; i++) {
		const struct conf_cert *cert = &run->conf->cert[i];
		char text[KS_ID_HEX];
		struct ks_id id;
		struct ks *ks;

		if (!cert->key_uri)
			continue;
		if (!keyring_open(&ks, run->keys, cert->token, err) ||
			!ks_find_uri(&id, ks, cert->key_uri, err))
			return err_wrap(err, "key_uri of %s", cert->name);
		if (!strlist_add(out, ks_id_format(text, &id)))
			return err_memory(err);
	}
	return true;
}

bool key_given(bool *out, struct run *run, const struct record *r, struct err *err)
{
	AUTO(strlist) struct strlist all = { 0 };
	char text[KS_ID_HEX];
	struct ks_id id;

	if (!key_given_ids(&all, run, err))
		return false;
	*out = ks_id_parse(&id, record_get(r, "key_id")) &&
	       strlist_has(&all, ks_id_format(text, &id));
	return true;
}
