#include <stdio.h>

#include "keystore/token.h"
#include "keystore/uri.h"

/* A function of the table with what it was given. */
struct order {
	struct ks *ks;
	const struct ks_ref *ref; /* the token's own copy */
	enum ks_key_type type;
	X509 *cert;
	bool *found;
	EVP_PKEY **key;
	struct buf *uri;
	const char *wanted; /* a URI */
	struct ks_id *id;
	struct ks_entry **entries;
	size_t *n;
};

/*
 * A module that does not return may look at its arguments later: they have to stay. What is asked
 * of it after that does not get to it.
 */
static const struct ks_ref *keep(struct ks *ks, const struct ks_ref *ref)
{
	struct token *t = token_of(ks);

	if (t->p11.guard->stuck)
		return &t->ref;
	snprintf(t->label, sizeof(t->label), "%s", ref->label ? ref->label : "");
	t->ref = *ref;
	t->ref.label = t->label;
	return &t->ref;
}

static bool run(struct order *o, guard_work *work, struct err *err)
{
	return guard_run(token_of(o->ks)->p11.guard, work, o, err);
}

static bool do_generate(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_generate(o->ks, o->ref, o->type, err);
}

static bool generate(
	struct ks *ks, const struct ks_ref *ref, enum ks_key_type type, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref), .type = type };

	return run(&o, do_generate, err);
}

static bool do_find(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_find(o->found, o->ks, o->ref, err);
}

static bool find(bool *found, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref), .found = found };

	return run(&o, do_find, err);
}

static bool do_exists(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_exists(o->found, o->ks, o->ref, err);
}

static bool exists(bool *out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref), .found = out };

	return run(&o, do_exists, err);
}

static bool do_load(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_load(o->key, o->ks, o->ref, err);
}

static bool load(EVP_PKEY **out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref), .key = out };

	return run(&o, do_load, err);
}

static bool do_delete(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_delete(o->ks, o->ref, err);
}

static bool delete (struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref) };

	return run(&o, do_delete, err);
}

static bool do_store_certificate(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_store_certificate(o->ks, o->ref, o->cert, err);
}

static bool store_certificate(struct ks *ks, const struct ks_ref *ref, X509 *cert, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref), .cert = cert };

	return run(&o, do_store_certificate, err);
}

static bool do_remove_certificate(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_remove_certificate(o->ks, o->ref, err);
}

static bool remove_certificate(struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref) };

	return run(&o, do_remove_certificate, err);
}

static bool do_uri(void *arg, struct err *err)
{
	const struct order *o = arg;
	struct token *t = token_of(o->ks);

	return uri_of_key(o->uri, t->module, t->slot, &o->ref->id, err);
}

static bool uri(struct buf *out, struct ks *ks, const struct ks_ref *ref, struct err *err)
{
	struct order o = { .ks = ks, .ref = keep(ks, ref), .uri = out };

	return run(&o, do_uri, err);
}

static bool do_find_uri(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_find_uri(o->id, o->ks, o->wanted, err);
}

static bool find_uri(struct ks_id *out, struct ks *ks, const char *wanted, struct err *err)
{
	struct order o = { .ks = ks, .id = out, .wanted = wanted };

	return run(&o, do_find_uri, err);
}

static bool do_list(void *arg, struct err *err)
{
	const struct order *o = arg;

	return token_list(o->entries, o->n, o->ks, err);
}

static bool list(struct ks_entry **out, size_t *n, struct ks *ks, struct err *err)
{
	struct order o = { .ks = ks, .entries = out, .n = n };

	return run(&o, do_list, err);
}

const struct ks_ops token_ops = {
	.close = token_close,
	.generate = generate,
	.find = find,
	.exists = exists,
	.load = load,
	.delete = delete,
	.store_certificate = store_certificate,
	.remove_certificate = remove_certificate,
	.uri = uri,
	.find_uri = find_uri,
	.list = list,
};
