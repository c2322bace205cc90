#include "scm/request.h"

#include <stdio.h>
#include <string.h>

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

bool scm_call_check(const struct scm_call *c, struct err *err)
{
	return buf_check(&c->path, "request to SCM", err) &&
	       buf_check(&c->body, "request to SCM", err);
}
