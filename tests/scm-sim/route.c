#include "route.h"

#include "handlers.h"

#include <ctype.h>
#include <string.h>

#define ID_DIGITS 15

static const struct route routes[] = {
	{ "GET", "/api/ssl/vN", OP_LIST, ssl_list, NO_BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/types", OP_TYPES, ssl_types, NO_BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/customFields", OP_CUSTOM_FIELDS, ssl_custom_fields, NO_BODY,
		BY_ADMIN },
	{ "POST", "/api/ssl/vN/enroll", OP_ENROLL, ssl_enroll, BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/collect/:id", OP_COLLECT, ssl_collect, NO_BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/collect/:id/:text", OP_COLLECT, ssl_collect, NO_BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/revoke/:id", OP_REVOKE, ssl_revoke, BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/revoke/serial/:text", OP_REVOKE, ssl_revoke_serial, BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/approve/:id", OP_APPROVE, ssl_approve, BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/decline/:id", OP_DECLINE, ssl_decline, BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/:id", OP_DETAILS, ssl_details, NO_BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/renew/manual/:id", OP_RENEW, ssl_renew_manual, BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/renew/:text", OP_RENEW, ssl_renew, BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/renewById/:id", OP_RENEW, ssl_renew_by_id, BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/replace/:id", OP_REPLACE, ssl_replace, BODY, BY_ADMIN },
	{ "PUT", "/api/ssl/vN", OP_UPDATE, ssl_update, BODY, BY_ADMIN },
	{ "DELETE", "/api/ssl/vN/:id", OP_DELETE, ssl_delete, NO_BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/:id/location", OP_LOCATION, ssl_locations, NO_BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/:id/location", OP_LOCATION, ssl_location_add, BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/:id/location/:sub", OP_LOCATION, ssl_location, NO_BODY, BY_ADMIN },
	{ "PUT", "/api/ssl/vN/:id/location/:sub", OP_LOCATION, ssl_location_change, BODY,
		BY_ADMIN },
	{ "DELETE", "/api/ssl/vN/:id/location/:sub", OP_LOCATION, ssl_location_remove, NO_BODY,
		BY_ADMIN },
	{ "GET", "/api/organization/vN", OP_ORGANIZATIONS, organization_list, NO_BODY, BY_ADMIN },
	{ "GET", "/api/organization/vN/:id", OP_ORGANIZATION, organization_details, NO_BODY,
		BY_ADMIN },
	{ "GET", "/api/domain/vN", OP_DOMAINS, domain_list, NO_BODY, BY_ADMIN },
	{ "GET", "/api/domain/vN/:id", OP_DOMAIN, domain_details, NO_BODY, BY_ADMIN },
	{ "GET", "/api/admin/vN/password", OP_PASSWORD, admin_password, NO_BODY, BY_ADMIN },
	{ "GET", "/api/ssl/vN/:id/dcv", OP_ORDER_DCV, ssl_dcv, NO_BODY, BY_ADMIN },
	{ "POST", "/api/ssl/vN/:id/dcv/recheck", OP_ORDER_DCV, ssl_dcv_recheck, NO_BODY, BY_ADMIN },
	{ "GET", "/api/customField/v2", OP_CUSTOM_FIELDS, custom_fields_v2, NO_BODY, BY_ADMIN },
	{ "GET", "/api/person/v1/id/byEmail/:text", OP_PERSON, person_by_email, NO_BODY, BY_ADMIN },
	{ "POST", "/api/report/v1/ssl-certificates", OP_REPORT, report_ssl, BODY, BY_ADMIN },
	{ "GET", "/api/dcv/vN/validation", OP_DCV_LIST, dcv_list, NO_BODY, BY_ADMIN },
	{ "POST", "/api/dcv/vN/validation/status", OP_DCV_STATUS, dcv_status, BODY, BY_ADMIN },
	{ "POST", "/api/dcv/vN/validation/sync", OP_DCV_SYNC, dcv_sync, BODY, BY_ADMIN },
	{ "POST", "/api/dcv/vN/validation/clear", OP_DCV_CLEAR, dcv_clear, BODY, BY_ADMIN },
	{ "POST", "/api/dcv/vN/validation/delete", OP_DCV_DELETE, dcv_delete, BODY, BY_ADMIN },
	{ "POST", "/api/dcv/vN/validation/start/domain/:text", OP_DCV_START, dcv_start, BODY,
		BY_ADMIN },
	{ "POST", "/api/dcv/vN/validation/submit/domain/:text", OP_DCV_SUBMIT, dcv_submit, BODY,
		BY_ADMIN },
	{ "POST", "/api/v1/certificates", OP_ENR_ENROLL, enrollment_enroll, BODY, BY_REST_ACCOUNT },
	{ "GET", "/api/v1/certificates/:text", OP_ENR_COLLECT, enrollment_collect, NO_BODY,
		BY_REST_ACCOUNT },
	{ "DELETE", "/api/v1/certificates/:text", OP_ENR_REVOKE, enrollment_revoke, BODY,
		BY_REST_ACCOUNT },
	{ "GET", "/api/v1/certificates/:text/status", OP_ENR_STATUS, enrollment_status, NO_BODY,
		BY_REST_ACCOUNT },
	{ "POST", "/api/v1/certificates/:text/dcv-recheck", OP_ENR_DCV_RECHECK,
		enrollment_dcv_recheck, NO_BODY, BY_REST_ACCOUNT },
	{ "POST", "/api/v1/certificates/:text/renew", OP_ENR_RENEW, enrollment_renew, OPTIONAL_BODY,
		BY_REST_ACCOUNT },
	{ "POST", "/api/v1/certificates/:text/replace", OP_ENR_REPLACE, enrollment_replace, BODY,
		BY_REST_ACCOUNT },
	{ "POST", "/auth/realms/apiclients/protocol/openid-connect/token", OP_TOKEN, token_issue,
		NO_BODY, BY_ANYONE },
};

struct match {
	int64_t id, sub_id;
	const char *text;
	size_t text_length;
};

static bool match_id(int64_t *id, const char *segment, size_t length)
{
	if (length == 0 || length > ID_DIGITS)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)segment[i]))
			return false;
	*id = strtoll(segment, NULL, 10);
	return true;
}

static bool match_segment(struct match *match, const char *pattern, size_t pattern_length,
	const char *segment, size_t length)
{
	if (!strncmp(pattern, ":id", pattern_length))
		return match_id(&match->id, segment, length);
	if (!strncmp(pattern, ":sub", pattern_length))
		return match_id(&match->sub_id, segment, length);
	if (!strncmp(pattern, ":text", pattern_length)) {
		match->text = segment;
		match->text_length = length;
		return length > 0;
	}
	if (!strncmp(pattern, "vN", pattern_length))
		return length == 2 && segment[0] == 'v' && (segment[1] == '1' || segment[1] == '2');
	return length == pattern_length && !strncmp(pattern, segment, length);
}

static bool match_path(struct match *match, const char *pattern, const char *path)
{
	while (*pattern == '/' && *path == '/') {
		size_t pattern_length = strcspn(++pattern, "/");
		size_t length = strcspn(++path, "/");

		if (!match_segment(match, pattern, pattern_length, path, length))
			return false;
		pattern += pattern_length;
		path += length;
	}
	return !*pattern && (!*path || !strcmp(path, "/"));
}

const struct route *route_find(struct route_values *values, const char *method, const char *path)
{
	const char *wanted = strcmp(method, "HEAD") ? method : "GET";

	*values = (struct route_values) { 0 };
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		struct match match = { 0 };

		if (!match_path(&match, routes[i].pattern, path))
			continue;
		if (strcmp(routes[i].method, wanted)) {
			values->other_method = true;
			continue;
		}
		*values = (struct route_values) { .id = match.id, .sub_id = match.sub_id };
		if (match.text)
			values->text = mem_copy(match.text, match.text_length);
		return &routes[i];
	}
	return NULL;
}
