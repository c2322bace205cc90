#include <stdio.h>

#include "agent/check.h"
#include "agent/key_plan.h"

static void check_given(struct check *k, struct job *job)
{
	char what[96];
	char text[KS_ID_HEX + 8];
	char hex[KS_ID_HEX];
	struct err err = { 0 };
	struct ks_id id;

	snprintf(what, sizeof(what), "%s: key_uri", job->cert->name);
	if (!key_plan_given(&id, job, &err)) {
		check_bad(k, what, &err);
		return;
	}
	snprintf(text, sizeof(text), "id %s", ks_id_format(hex, &id));
	check_good(k, what, text);
}

/* Once there is a generation the file is not needed any more. */
static void check_import(struct check *k, struct job *job)
{
	AUTO(pkey) EVP_PKEY *key = NULL;
	AUTO(strlist) struct strlist all = { 0 };
	struct err err = { 0 };
	char what[96];

	snprintf(what, sizeof(what), "%s: import_key", job->cert->name);
	if (!store_generations(&all, job->run->store, job->cert->name, &err) ||
		(!all.n && !key_plan_import(&key, job, &err)))
		check_bad(k, what, &err);
	else
		check_good(k, what, all.n ? "not needed any more" : job->cert->import_key);
}

void check_key_origin(struct check *k, const struct conf_cert *cert)
{
	struct job job;

	job_init(&job, cert, k->run);
	if (cert->key_uri)
		check_given(k, &job);
	if (cert->import_key)
		check_import(k, &job);
	job_dispose(&job);
}
