/* `key list`: what is known of each key, from the state directory alone. */
#include "agent/cmd_key.h"

static bool list_use(void *user, const struct key_use *use, struct err *err)
{
	struct key_work *w = user;
	const char *store = record_get(use->record, "key_store");

	(void)err;
	out_row(w->out);
	out_text(w->out, "certificate", "CERTIFICATE", use->cert->name);
	out_text(w->out, "where", "WHERE", use->where);
	out_text(w->out, "store", "STORE", *store ? store : "file");
	out_text(w->out, "key_type", "TYPE", record_get(use->record, "key_type"));
	out_text(w->out, "id", "ID", record_get(use->record, "key_id"));
	out_text(w->out, "spki_sha256", "SPKI SHA-256", record_get(use->record, "spki"));
	return true;
}

bool key_list(struct key_work *w, struct err *err)
{
	return key_work_each(w, list_use, err);
}
