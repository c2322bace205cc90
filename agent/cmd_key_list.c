/* `key list`: what is known of each key, from the state directory alone. */
#include <stdio.h>

#include "agent/cmd_key.h"
#include "agent/key_plan.h"
#include "csr/pin.h"

#define PEM_MAX (128 * 1024)

/* As meta has it; before there is one, of the request, and before that nobody has asked the key. */
static bool digest_of(char out[static CSR_SHA256_HEX], const struct key_use *use, struct err *err)
{
	AUTO(buf) struct buf request = BUF(PEM_MAX);
	bool found;

	snprintf(out, CSR_SHA256_HEX, "%s", record_get(use->record, "spki"));
	if (*out)
		return true;
	return fs_read_optional(&request, &found, use->dir, FILE_REQUEST, err) &&
	       (!found || csr_fingerprint_spki(out, request.data, request.len, err));
}

static bool list_use(void *user, const struct key_use *use, struct err *err)
{
	struct key_work *w = user;
	const char *store = record_get(use->record, "key_store");
	char spki[CSR_SHA256_HEX];
	char tlsa[CSR_TLSA_MAX];
	char pin[CSR_PIN_MAX];

	if (!digest_of(spki, use, err))
		return false;
	out_row(w->out);
	out_text(w->out, "certificate", "CERTIFICATE", use->cert->name);
	out_text(w->out, "where", "WHERE", use->where);
	out_text(w->out, "use", "USE", use->role);
	out_text(w->out, "store", "STORE", *store ? store : "file");
	out_text(w->out, "key_type", "TYPE", record_get(use->record, "key_type"));
	out_time(w->out, "made", NULL, key_plan_made(use->record));
	out_text(w->out, "id", "ID", record_get(use->record, "key_id"));
	out_text(w->out, "spki_sha256", NULL, spki);
	out_text(w->out, "pin_sha256", "PIN SHA-256", csr_pin(pin, spki));
	out_text(w->out, "tlsa", "TLSA", csr_tlsa(tlsa, spki));
	return true;
}

bool key_list(struct key_work *w, struct err *err)
{
	return key_work_each(w, list_use, err);
}
