#include <string.h>

#include "scm/api.h"
#include "scm/form.h"

#define REASON_MAX 512
#define ROOT "/v1/certificates"

/* The unreserved characters of RFC 3986, section 2.3; but "." and ".." are no names in a path. */
static bool plain_id(const char *id)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-._~";

	return *id && strlen(id) <= WIRE_ID_MAX && !id[strspn(id, fine)] && strcmp(id, ".") != 0 &&
	       strcmp(id, "..") != 0;
}

/* "/v1/certificates/ID/ACTION" */
static bool set_path(struct scm_call *out, const char *id, const char *action, struct err *err)
{
	if (!plain_id(id))
		return err_set(err, ERR_CONFIG, "'%s' is no order of SCM's Enrollment API", id);
	buf_addf(&out->path, ROOT "/%s%s", id, action);
	return true;
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool enroll(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	struct buf *body = &out->body;

	if (!form_check(s, err))
		return false;
	out->order = true;
	buf_add_str(&out->path, ROOT);
	form_names(body, "subjAltNames", s);
	form_given(body, "comments", s->comments);
	form_given(body, "externalRequester", s->external_requester);
	form_fields_object(body, s);
	form_csr(body, s);
	return form_end(out, err);
}

/* The profile and the term need only be said when the account leaves a choice. */
static bool renew(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	struct buf *body = &out->body;

	if (!form_check(s, err) || !set_path(out, s->order, "/renew", err))
		return false;
	out->order = true;
	if (s->profile)
		form_number(body, "profileId", s->profile);
	if (s->term)
		form_number(body, "term", s->term);
	form_names(body, "subjAltNames", s);
	form_given(body, "comments", s->comments);
	form_given(body, "externalRequester", s->external_requester);
	form_validation(body, s);
	form_fields_object(body, s);
	form_csr(body, s);
	return form_end(out, err);
}

static bool replace(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	if (!form_check(s, err) || !set_path(out, s->order, "/replace", err))
		return false;
	out->order = true;
	form_names(&out->body, "subjAltNames", s);
	form_given(&out->body, "comments", s->comments);
	form_csr(&out->body, s);
	return form_end(out, err);
}

/* ---- about an order -------------------------------------------------------------------------- */

static bool collect(struct scm_call *out, const char *id, struct err *err)
{
	out->method = "GET";
	out->answer_max = SCM_CERTIFICATES_MAX;
	return set_path(out, id, "", err) && scm_call_check(out, err);
}

static bool details(struct scm_call *out, const char *id, struct err *err)
{
	out->method = "GET";
	return set_path(out, id, "/status", err) && scm_call_check(out, err);
}

static bool recheck(struct scm_call *out, const char *id, struct err *err)
{
	out->method = "POST";
	return set_path(out, id, "/dcv-recheck", err) && scm_call_check(out, err);
}

static bool revoke(struct scm_call *out, const struct wire_revoke *r, struct err *err)
{
	if (!form_check_text("reason", r->reason, 1, REASON_MAX, err) ||
		!set_path(out, r->id, "", err))
		return false;
	out->method = "DELETE";
	form_number(&out->body, "reasonCode", r->code);
	form_text(&out->body, "message", r->reason);
	return form_end(out, err);
}

/* An id that could not be asked for again is as bad as none. */
static bool read_order(char out[static SCM_ID_SIZE], const char *text, size_t len, struct err *err)
{
	char id[SCM_ID_SIZE];

	if (!scm_json_cert_id(id, text, len, err))
		return false;
	if (!plain_id(id))
		return err_set(err, ERR_PROTOCOL,
			"member 'certId' has other characters than "
			"letters, digits, '-', '.', '_', '~'");
	memcpy(out, id, sizeof(id));
	return true;
}

const struct scm_api scm_api_enrollment = {
	.name = "Enrollment API",
	.enroll = enroll,
	.renew = renew,
	.replace = replace,
	.collect = collect,
	.details = details,
	.recheck = recheck,
	.revoke = revoke,
	.read_order = read_order,
	.read_details = scm_json_status,
};
