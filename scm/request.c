#include "scm/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scm/json_text.h"

#define CSR_MAX 32767
#define COMMENTS_MAX 1024
#define REQUESTER_MAX 512
#define FIELD_MAX 256

void scm_call_dispose(struct scm_call *c)
{
	buf_dispose(&c->path);
	buf_dispose(&c->body);
}

const char *scm_call_label(char out[static SCM_LABEL_MAX], const struct scm_call *c)
{
	const char *path = buf_str(&c->path);

	snprintf(out, SCM_LABEL_MAX, "%s %.*s", c->method, (int)strcspn(path, "?"), path);
	return out;
}

static bool finish(struct scm_call *out, struct err *err)
{
	return buf_check(&out->path, "request to SCM", err) &&
	       buf_check(&out->body, "request to SCM", err);
}

/* ---- enroll ---------------------------------------------------------------------------------- */

/* SCM counts characters, not bytes. */
static bool check_text(const char *name, const char *value, size_t max, struct err *err)
{
	size_t n;

	if (!json_count_characters(&n, value))
		return err_set(err, ERR_CONFIG, "%s: not valid UTF-8", name);
	if (n > max)
		return err_set(
			err, ERR_CONFIG, "%s: %zu characters; SCM takes %zu at most", name, n, max);
	return true;
}

static bool check_csr(const char *csr, struct err *err)
{
	size_t len = strlen(csr);

	/* the vendor's pattern: [a-zA-Z0-9-+=\/\s]+ */
	if (len && len <= CSR_MAX &&
		strspn(csr, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "-+=/ \t\r\n") == len)
		return true;
	return err_set(err, ERR_INTERNAL, "the request is no PEM of 1 to %d bytes", CSR_MAX);
}

static bool check_field(const struct wire_field *f, struct err *err)
{
	if (!*f->name)
		return err_set(err, ERR_CONFIG, "custom_field: the name is empty");
	if (!check_text("custom_field", f->name, FIELD_MAX, err) ||
		!check_text("custom_field", f->value, FIELD_MAX, err))
		return err_wrap(err, "'%s'", f->name);
	return true;
}

static bool check_submit(const struct wire_submit *s, struct err *err)
{
	if (!s->org_id)
		return err_set(err, ERR_CONFIG, "organization_id: missing");
	if (!s->profile)
		return err_set(err, ERR_CONFIG, "profile: missing");
	if (!check_csr(s->csr, err) ||
		!check_text("subject_alt_names", s->names, WIRE_STRING_MAX, err) ||
		!check_text("comments", s->comments, COMMENTS_MAX, err) ||
		!check_text("external_requesters", s->external_requester, REQUESTER_MAX, err))
		return false;
	for (uint32_t i = 0; i < s->field_count; i++)
		if (!check_field(&s->field[i], err))
			return false;
	return true;
}

static void add_member(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, ",\"%s\":", name);
	json_add_string(out, value);
}

/* One shape for every client that SCM has seen: no line end after the last line. */
static void add_csr(struct buf *out, const char *csr)
{
	size_t len = strlen(csr);
	AUTO(buf) struct buf trimmed = BUF(CSR_MAX);

	while (len && strchr("\r\n", csr[len - 1]))
		len--;
	buf_add(&trimmed, csr, len);
	add_member(out, "csr", buf_str(&trimmed));
	out->failed = out->failed || trimmed.failed;
}

static void add_fields(struct buf *out, const struct wire_submit *s)
{
	for (uint32_t i = 0; i < s->field_count; i++) {
		buf_add_str(out, i ? ",{\"name\":" : ",\"customFields\":[{\"name\":");
		json_add_string(out, s->field[i].name);
		add_member(out, "value", s->field[i].value);
		buf_add_str(out, "}");
	}
	if (s->field_count)
		buf_add_str(out, "]");
}

bool scm_request_enroll(struct scm_call *out, const struct wire_submit *s, struct err *err)
{
	struct buf *body = &out->body;

	if (!check_submit(s, err))
		return false;
	out->method = "POST";
	out->order = true;
	buf_add_str(&out->path, "/ssl/v1/enroll");
	buf_addf(body, "{\"orgId\":%" PRIu64 ",\"certType\":%" PRIu64, s->org_id, s->profile);
	if (s->term)
		buf_addf(body, ",\"term\":%" PRIu32, s->term);
	if (*s->names)
		add_member(body, "subjAltNames", s->names);
	if (*s->comments)
		add_member(body, "comments", s->comments);
	if (*s->external_requester)
		add_member(body, "externalRequester", s->external_requester);
	add_fields(body, s);
	add_csr(body, s->csr);
	buf_add_str(body, "}");
	return finish(out, err);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool get(struct scm_call *out, struct err *err)
{
	out->method = "GET";
	return finish(out, err);
}

/* sslId is an integer; anything else would be another path. */
static bool check_id(const char *id, struct err *err)
{
	size_t len = strlen(id);

	if (len && len <= 18 && strspn(id, "0123456789") == len)
		return true;
	return err_set(err, ERR_CONFIG, "'%s' is no order of SCM's Admin API: a number", id);
}

bool scm_request_collect(struct scm_call *out, const char *id, struct err *err)
{
	if (!check_id(id, err))
		return false;
	buf_addf(&out->path, "/ssl/v1/collect/%s?format=x509", id);
	out->answer_max = SCM_CERTIFICATES_MAX;
	return get(out, err);
}

bool scm_request_details(struct scm_call *out, const char *id, struct err *err)
{
	if (!check_id(id, err))
		return false;
	buf_addf(&out->path, "/ssl/v1/%s", id);
	return get(out, err);
}
