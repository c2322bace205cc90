#include "scm/form.h"

#include <inttypes.h>
#include <string.h>

#include "base/strlist.h"
#include "scm/json_text.h"

#define CSR_MAX 32767
#define COMMENTS_MAX 1024
#define REQUESTER_MAX 512
#define FIELD_MAX 256
#define MODE_MAX 32
#define EMAIL_MAX 254 /* RFC 5321, section 4.5.3.1.3 */

/* ---- checks ---------------------------------------------------------------------------------- */

bool form_check_text(const char *name, const char *value, size_t min, size_t max, struct err *err)
{
	size_t n;

	if (!json_count_characters(&n, value))
		return err_set(err, ERR_CONFIG, "%s: not valid UTF-8", name);
	if (n < min)
		return err_set(
			err, ERR_CONFIG, "%s: empty; SCM wants 1 to %zu characters", name, max);
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
	if (!form_check_text("custom_field", f->name, 1, FIELD_MAX, err) ||
		!form_check_text("custom_field", f->value, 0, FIELD_MAX, err))
		return err_wrap(err, "'%s'", f->name);
	return true;
}

bool form_check(const struct wire_submit *s, struct err *err)
{
	if (!check_csr(s->csr, err) ||
		!form_check_text("subject_alt_names", s->names, 0, WIRE_STRING_MAX, err) ||
		!form_check_text("comments", s->comments, 0, COMMENTS_MAX, err) ||
		!form_check_text(
			"external_requesters", s->external_requester, 0, REQUESTER_MAX, err) ||
		!form_check_text("dcv mode", s->dcv_mode, 0, MODE_MAX, err) ||
		!form_check_text("dcv e-mail", s->dcv_email, 0, EMAIL_MAX, err))
		return false;
	for (uint32_t i = 0; i < s->field_count; i++)
		if (!check_field(&s->field[i], err))
			return false;
	return true;
}

/* ---- members --------------------------------------------------------------------------------- */

static void add_name(struct buf *out, const char *name)
{
	buf_add_str(out, out->len ? "," : "{");
	json_add_string(out, name);
	buf_add_str(out, ":");
}

void form_number(struct buf *out, const char *name, uint64_t value)
{
	add_name(out, name);
	buf_addf(out, "%" PRIu64, value);
}

void form_text(struct buf *out, const char *name, const char *value)
{
	add_name(out, name);
	json_add_string(out, value);
}

void form_given(struct buf *out, const char *name, const char *value)
{
	if (*value)
		form_text(out, name, value);
}

void form_csr(struct buf *out, const struct wire_submit *s)
{
	size_t len = strlen(s->csr);
	AUTO(buf) struct buf trimmed = BUF(CSR_MAX);

	while (len && strchr("\r\n", s->csr[len - 1]))
		len--;
	buf_add(&trimmed, s->csr, len);
	form_text(out, "csr", buf_str(&trimmed));
	out->failed = out->failed || trimmed.failed;
}

void form_names(struct buf *out, const char *name, const struct wire_submit *s)
{
	AUTO(strlist) struct strlist names = { 0 };

	if (!strlist_split(&names, s->names, ','))
		out->failed = true;
	if (!names.n)
		return;
	add_name(out, name);
	for (size_t i = 0; i < names.n; i++) {
		buf_add_str(out, i ? "," : "[");
		json_add_string(out, names.item[i]);
	}
	buf_add_str(out, "]");
}

void form_fields_list(struct buf *out, const struct wire_submit *s)
{
	if (!s->field_count)
		return;
	add_name(out, "customFields");
	for (uint32_t i = 0; i < s->field_count; i++) {
		buf_add_str(out, i ? ",{\"name\":" : "[{\"name\":");
		json_add_string(out, s->field[i].name);
		form_text(out, "value", s->field[i].value);
		buf_add_str(out, "}");
	}
	buf_add_str(out, "]");
}

void form_fields_object(struct buf *out, const struct wire_submit *s)
{
	add_name(out, "customFields");
	buf_add_str(out, "{");
	for (uint32_t i = 0; i < s->field_count; i++) {
		if (i)
			buf_add_str(out, ",");
		json_add_string(out, s->field[i].name);
		buf_add_str(out, ":");
		json_add_string(out, s->field[i].value);
	}
	buf_add_str(out, "}");
}

void form_validation(struct buf *out, const struct wire_submit *s)
{
	form_given(out, "dcvMode", s->dcv_mode);
	form_given(out, "dcvEmail", s->dcv_email);
}

bool form_end(struct scm_call *out, struct err *err)
{
	if (!out->method)
		out->method = "POST";
	buf_add_str(&out->body, out->body.len ? "}" : "{}");
	return scm_call_check(out, err);
}
