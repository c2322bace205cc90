#include <stdio.h>
#include <string.h>

#include "scm/api.h"
#include "scm/form.h"

#define REASON_MAX 512
#define COMMON_NAME_MAX 64

/* sslId is an integer; anything else would be another path. */
static bool check_id(const char *id, struct err *err)
{
	size_t len = strlen(id);

	if (len && len <= 18 && strspn(id, "0123456789") == len)
		return true;
	return err_set(err, ERR_CONFIG, "'%s' is no order of SCM's Admin API: a number", id);
}

/* "/ssl/v1/ACTION/ID" */
static bool set_path(struct scm_call *out, const char *action, const char *id, struct err *err)
{
	if (!check_id(id, err))
		return false;
	buf_addf(&out->path, "/ssl/v1/%s%s", action, id);
	return true;
}

/* ---- orders ---------------------------------------------------------------------------------- */

static bool enroll(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	struct buf *body = &out->body;

	if (!s->org_id)
		return err_set(err, ERR_CONFIG, "organization_id: missing");
	if (!s->profile)
		return err_set(err, ERR_CONFIG, "profile: missing");
	if (!form_check(s, err))
		return false;
	out->order = true;
	buf_add_str(&out->path, "/ssl/v1/enroll");
	form_number(body, "orgId", s->org_id);
	form_number(body, "certType", s->profile);
	if (s->term)
		form_number(body, "term", s->term);
	form_given(body, "subjAltNames", s->names);
	form_given(body, "comments", s->comments);
	form_given(body, "externalRequester", s->external_requester);
	form_validation(body, s);
	form_fields_list(body, s);
	form_csr(body, s);
	return form_end(out, err);
}

/* Names, profile and comments are those of the order before it. */
static bool renew(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	if (!form_check(s, err) || !set_path(out, "renewById/", s->order, err))
		return false;
	out->order = true;
	form_validation(&out->body, s);
	form_csr(&out->body, s);
	return form_end(out, err);
}

static bool replace(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	struct buf *body = &out->body;

	if (!form_check(s, err) || !form_check_text("reason", s->reason, 1, REASON_MAX, err) ||
		!form_check_text("common_name", s->common_name, 0, COMMON_NAME_MAX, err) ||
		!set_path(out, "replace/", s->order, err))
		return false;
	out->order = true;
	form_text(body, "reason", s->reason);
	form_given(body, "commonName", s->common_name);
	form_names(body, "subjectAlternativeNames", s);
	form_validation(body, s);
	form_csr(body, s);
	return form_end(out, err);
}

/* ---- about an order -------------------------------------------------------------------------- */

static bool collect(struct scm_call *out, const char *id, struct err *err)
{
	if (!set_path(out, "collect/", id, err))
		return false;
	buf_add_str(&out->path, "?format=x509");
	out->answer_max = SCM_CERTIFICATES_MAX;
	out->method = "GET";
	return scm_call_check(out, err);
}

static bool details(struct scm_call *out, const char *id, struct err *err)
{
	out->method = "GET";
	return set_path(out, "", id, err) && scm_call_check(out, err);
}

static bool recheck(struct scm_call *out, const char *id, struct err *err)
{
	if (!set_path(out, "", id, err))
		return false;
	out->method = "POST";
	buf_add_str(&out->path, "/dcv/recheck");
	return scm_call_check(out, err);
}

/* Since 2025 both members are wanted (scm-api.md, 3.5). */
static bool revoke(struct scm_call *out, const struct wire_revoke *r, struct err *err)
{
	if (!form_check_text("reason", r->reason, 1, REASON_MAX, err) ||
		!set_path(out, "revoke/", r->id, err))
		return false;
	form_number(&out->body, "reasonCode", r->code);
	form_text(&out->body, "reason", r->reason);
	return form_end(out, err);
}

const struct scm_api scm_api_admin = {
	.name = "Admin API",
	.enroll = enroll,
	.renew = renew,
	.replace = replace,
	.collect = collect,
	.details = details,
	.recheck = recheck,
	.revoke = revoke,
	.list = scm_request_list,
	.read_order = scm_json_ssl_id,
	.read_details = scm_json_details,
	.replace_keeps_id = true,
};

const struct scm_api *scm_api_of(enum wire_api api)
{
	return api == WIRE_ENROLLMENT ? &scm_api_enrollment : &scm_api_admin;
}
