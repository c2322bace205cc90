#include "agent/key_make.h"

#include "agent/intent.h"
#include "base/log.h"

static bool generate(struct run *run, const char *name, const struct record *what, struct ks *ks,
	const struct ks_ref *ref, struct err *err)
{
	const char *type_name = record_get(what, "key_type");
	enum ks_key_type type;

	if (!ks_key_type_parse(&type, type_name))
		return err_set(err, ERR_IO, "key_type '%s' in a state file is none", type_name);
	/* what is in no history is not ours to prune */
	if (!store_history(run->store, err, name, "key-made", "id=%s", record_get(what, "key_id")))
		return false;
	log_progress("%s: making a key (%s)", name, type_name);
	return ks_generate(ks, ref, type, err);
}

bool key_make(
	struct run *run, const char *name, const struct record *what, int dir, struct err *err)
{
	struct ks_ref ref;
	struct ks *ks;
	bool found;

	return intent_find_key(&ks, &ref, run, what, dir, err) && ks_find(&found, ks, &ref, err) &&
	       (found || generate(run, name, what, ks, &ref, err)) &&
	       intent_write_key_uri(run, what, dir, err);
}
