#include "scm/request_dcv.h"

#include <string.h>

#include "scm/json_text.h"

#define TEXT_MAX 255

static bool check(const char *name, const char *value, struct err *err)
{
	size_t characters;
	size_t len = strlen(value);

	if (len && len <= TEXT_MAX && json_count_characters(&characters, value))
		return true;
	return err_set(err, ERR_CONFIG, "%s: not UTF-8 of 1 to %d bytes", name, TEXT_MAX);
}

static const char *action(const struct wire_dcv *d)
{
	static const char *const actions[] = { [WIRE_DCV_STATUS] = "status",
		[WIRE_DCV_START] = "start/domain/",
		[WIRE_DCV_SUBMIT] = "submit/domain/",
		[WIRE_DCV_CLEAR] = "clear" };

	return actions[d->action];
}

static const char *method(const struct wire_dcv *d)
{
	static const char *const methods[] = { [WIRE_DCV_HTTP] = "http",
		[WIRE_DCV_HTTPS] = "https",
		[WIRE_DCV_CNAME] = "cname",
		[WIRE_DCV_TXT] = "txt",
		[WIRE_DCV_EMAIL] = "email" };

	return d->action == WIRE_DCV_START || d->action == WIRE_DCV_SUBMIT ? methods[d->method]
									   : "";
}

bool scm_request_dcv(struct scm_call *out, const struct wire_dcv *d, bool older, struct err *err)
{
	bool mail = d->action == WIRE_DCV_SUBMIT && d->method == WIRE_DCV_EMAIL;

	if (!check("domain", d->domain, err) || (mail && !check("e-mail address", d->email, err)))
		return false;
	out->method = "POST";
	out->order = d->action != WIRE_DCV_STATUS;
	buf_addf(&out->path, "/dcv/%s/validation/%s%s", older ? "v1" : "v2", action(d), method(d));
	buf_add_str(&out->body, "{\"domain\":");
	json_add_string(&out->body, d->domain);
	if (mail) {
		buf_add_str(&out->body, ",\"email\":");
		json_add_string(&out->body, d->email);
	}
	buf_add_str(&out->body, "}");
	return buf_check(&out->body, "request to SCM", err);
}
