#include "agent/submission.h"

#include "agent/intent.h"
#include "agent/sequel.h"
#include "csr/key.h"
#include "csr/name.h"

#define TAG_PREFIX "scm-agent:"
#define PEM_MAX (128 * 1024)

void submission_dispose(struct submission *s)
{
	buf_dispose(&s->csr);
	buf_dispose(&s->names);
	buf_dispose(&s->comments);
	buf_dispose(&s->requesters);
}

/* Before money is spent. */
static bool check_key(const struct submission *s, const struct job *job, int dir, struct err *err)
{
	AUTO(pkey) EVP_PKEY *key = NULL;

	return intent_load_key(&key, job->run, &job->sit.intent.r, dir, err) &&
	       csr_matches_key(s->csr.data, s->csr.len, key, err);
}

static bool read_texts(struct submission *s, const struct job *job, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	AUTO(fd) int dir = -1;

	s->csr = BUF(PEM_MAX);
	s->names = BUF(WIRE_STRING_MAX);
	s->comments = BUF(WIRE_STRING_MAX);
	s->requesters = BUF(WIRE_STRING_MAX);
	csr_names_bare(&s->names, &cert->names);
	if (cert->comments)
		buf_addf(&s->comments, "%s ", cert->comments);
	buf_addf(&s->comments, TAG_PREFIX "%s", record_get(&job->sit.intent.r, "tag"));
	strlist_join(&s->requesters, &cert->external_requesters, ",");
	return store_open_pending(&dir, job->run->store, cert->name, true, err) &&
	       fs_read(&s->csr, dir, FILE_REQUEST, err) && check_key(s, job, dir, err) &&
	       buf_check(&s->names, "subject_alt_names", err) &&
	       buf_check(&s->comments, "comments", err) &&
	       buf_check(&s->requesters, "external_requesters", err);
}

static void add_fields(struct wire_submit *s, const struct conf_cert *cert)
{
	for (size_t i = 0; i < cert->field_names.n; i++)
		s->field[s->field_count++] = (struct wire_field) { cert->field_names.item[i],
			cert->field_values.item[i] };
}

bool submission_fill(
	struct submission *out, const struct job *job, uint64_t profile, struct err *err)
{
	const struct conf_cert *cert = job->cert;
	struct sequel sequel = sequel_of(&job->sit.intent.r);

	if (!read_texts(out, job, err))
		return false;
	out->wire = (struct wire_submit) { .kind = sequel.kind,
		.order = sequel.order,
		.org_id = cert->account->organization_id,
		.profile = profile,
		.term = (uint32_t)cert->term,
		.csr = buf_str(&out->csr),
		.common_name = cert->common_name,
		.names = buf_str(&out->names),
		.comments = buf_str(&out->comments),
		.reason = sequel.reason,
		.external_requester = buf_str(&out->requesters),
		.dcv_mode = cert->dcv_mode,
		.dcv_email = cert->dcv_email };
	add_fields(&out->wire, cert);
	return true;
}
