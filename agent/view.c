#include "agent/view.h"

#include <stdlib.h>

#include "agent/pins.h"
#include "csr/name.h"

void view_dispose(struct view *v)
{
	record_dispose(&v->meta);
	strlist_dispose(&v->domains);
	free(v->dir);
	free(v->cert);
	free(v->chain);
	free(v->fullchain);
	free(v->key);
	free(v->live);
}
static bool view_names(struct view *v, struct err *err)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (!strlist_split(&names, record_get(&v->meta, "names"), ' '))
		return err_memory(err);
	for (size_t i = 0; i < names.n; i++)
		if (!strlist_add(&v->domains, csr_name_value(names.item[i])))
			return err_memory(err);
	return true;
}

static bool view_paths(
	struct view *v, const struct store *s, const char *name, const char *id, struct err *err)
{
	v->dir = store_generation_path(s, name, id, "");
	v->cert = store_generation_path(s, name, id, FILE_CERT);
	v->chain = store_generation_path(s, name, id, FILE_CHAIN);
	v->fullchain = store_generation_path(s, name, id, FILE_FULLCHAIN);
	v->key = store_generation_path(s, name, id, FILE_KEY);
	v->live = store_live_path(s, name);
	if (v->dir && v->cert && v->chain && v->fullchain && v->key && v->live)
		return true;
	return err_memory(err);
}

/* An empty value is one that the record does not have. */
static const char *some(const char *value)
{
	return *value ? value : NULL;
}

static bool view_keys(struct view *v, struct run *run, const struct conf_cert *cert, const char *id,
	struct err *err)
{
	char next[CSR_SHA256_HEX];

	if (!pins_next(next, run->store, cert, id, err))
		return false;
	csr_tlsa(v->tlsa, record_get(&v->meta, "spki"));
	csr_tlsa(v->next_tlsa, next);
	return true;
}

bool view_open(struct view *v, struct run *run, const struct conf_cert *cert, const char *id,
	struct err *err)
{
	AUTO(fd) int archive = -1;
	AUTO(fd) int dir = -1;
	bool found;

	if (!store_open_archive(&archive, run->store, cert->name, true, err) ||
		!fs_open_dir(&dir, archive, id, err) ||
		!record_read(&v->meta, &found, dir, FILE_META, err))
		return false;
	if (!found)
		return err_set(err, ERR_IO, "generation %s has no meta file", id);
	if (!view_paths(v, run->store, cert->name, id, err) || !view_names(v, err) ||
		!view_keys(v, run, cert, id, err))
		return false;
	v->context = (struct hook_context) {
		.name = cert->name,
		.generation_dir = v->dir,
		.cert_path = v->cert,
		.chain_path = v->chain,
		.fullchain_path = v->fullchain,
		.key_uri = some(record_get(&v->meta, "key_uri")),
		.domains = &v->domains,
		.serial = some(record_get(&v->meta, "serial")),
		.fingerprint = some(record_get(&v->meta, "fingerprint")),
		.old_serial = some(record_get(&v->meta, "old_serial")),
		.order_id = some(record_get(&v->meta, "order")),
		.not_after = record_get_int(&v->meta, "not_after", 0),
		.live_dir = v->live,
		.tlsa = some(v->tlsa),
		.next_tlsa = some(v->next_tlsa),
	};
	if (!v->context.key_uri)
		v->context.key_path = v->key;
	return true;
}
