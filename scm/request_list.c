#include "scm/request_list.h"

#include <inttypes.h>
#include <string.h>

/*
 * A list's path, and what SCM calls the filters; NULL for those that it has not. In some releases
 * one of two calls is missing: `older` is tried then.
 */
static const struct list {
	const char *path;
	const char *older;
	const char *organization;
	const char *name;
	bool paged;
} lists[] = {
	[WIRE_LIST_ORGANIZATIONS] = { .path = "/organization/v1" },
	[WIRE_LIST_ORGANIZATION] = { .path = "/organization/v1/" },
	[WIRE_LIST_PROFILES] = { .path = "/ssl/v1/types", .organization = "organizationId" },
	[WIRE_LIST_FIELDS] = { .path = "/ssl/v1/customFields",
		.older = "/customField/v2?certType=SSL" },
	[WIRE_LIST_DOMAINS] = { .path = "/domain/v1",
		.organization = "orgId",
		.name = "name",
		.paged = true },
	[WIRE_LIST_VALIDATIONS] = { .path = "/dcv/v2/validation",
		.older = "/dcv/v1/validation",
		.organization = "org",
		.name = "domain",
		.paged = true },
	[WIRE_LIST_CERTIFICATES] = { .path = "/ssl/v1",
		.organization = "orgId",
		.name = "commonName",
		.paged = true },
	[WIRE_LIST_PASSWORD] = { .path = "/admin/v1/password" },
};

bool scm_list_paged(enum wire_list_kind kind)
{
	return lists[kind].paged;
}

bool scm_list_has_older(enum wire_list_kind kind)
{
	return lists[kind].older;
}

/* "?" or "&", and the name of a query parameter. */
static void add_parameter(struct buf *path, const char *name)
{
	buf_addf(path, "%c%s=", strchr(buf_str(path), '?') ? '&' : '?', name);
}

static void add_number(struct buf *path, const char *name, uint64_t value)
{
	add_parameter(path, name);
	buf_addf(path, "%" PRIu64, value);
}

/* RFC 3986, section 2.3: unreserved characters stand for themselves. */
static void add_text(struct buf *path, const char *name, const char *value)
{
	if (!name || !*value)
		return;
	add_parameter(path, name);
	for (const char *s = value; *s; s++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~",
			    *s))
			buf_add(path, s, 1);
		else
			buf_addf(path, "%%%02X", (unsigned char)*s);
	}
}

static void add_filters(struct buf *path, const struct wire_list *l)
{
	const struct list *list = &lists[l->kind];

	add_text(path, list->name, l->name);
	if (l->kind == WIRE_LIST_CERTIFICATES) {
		add_text(path, "status", l->status);
		add_text(path, "serialNumber", l->serial);
	}
	if (list->organization && l->org_id)
		add_number(path, list->organization, l->org_id);
}

bool scm_request_table(struct scm_call *out, const struct wire_list *l, const struct scm_page *page,
	bool older, struct err *err)
{
	const struct list *list = &lists[l->kind];

	if (l->kind == WIRE_LIST_ORGANIZATION && !l->org_id)
		return err_set(err, ERR_CONFIG, "organization_id: missing");
	if (older && !list->older)
		return err_set(err, ERR_INTERNAL, "there is no older call for this list");
	out->method = "GET";
	buf_add_str(&out->path, older ? list->older : list->path);
	if (l->kind == WIRE_LIST_ORGANIZATION)
		buf_addf(&out->path, "%" PRIu64, l->org_id);
	if (list->paged) {
		add_number(&out->path, "size", page->size);
		add_number(&out->path, "position", page->position);
	}
	add_filters(&out->path, l);
	return buf_ok(&out->path) ||
	       err_set(err, ERR_CONFIG, "what to look for is too long for a request to SCM");
}

bool scm_request_list(
	struct scm_call *out, const char *common_name, const struct scm_page *page, struct err *err)
{
	const struct wire_list l = {
		.kind = WIRE_LIST_CERTIFICATES, .name = common_name, .status = "", .serial = ""
	};

	return scm_request_table(out, &l, page, false, err);
}
