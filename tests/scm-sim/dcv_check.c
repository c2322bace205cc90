#include "dcv_check.h"

#include "dcv_dns.h"
#include "dcv_http.h"
#include "json.h"

#include <string.h>
#include <strings.h>

static const struct endpoint *endpoint_of(const struct switches *switches, const char *mode)
{
	if (!strcmp(mode, "HTTP"))
		return &switches->dcv_http;
	if (!strcmp(mode, "HTTPS"))
		return &switches->dcv_https;
	return strcmp(mode, "EMAIL") ? &switches->dcv_dns : &switches->dcv_email;
}

bool dcv_check_wanted(const struct switches *switches, const cJSON *record)
{
	/* what a DNS connector publishes is not for the caller to do */
	return *endpoint_of(switches, json_text(record, "orderMode", ""))->text &&
	       !json_bool(record, "dnsAgent", false);
}

static bool check_mail(const char *approved, const char *domain, struct err *why)
{
	return !strcmp(approved, "all") || !strcasecmp(approved, domain) ||
	       err_set(why, "nobody followed the mail for '%s'", domain);
}

bool dcv_check(
	const struct switches *switches, const cJSON *record, const char *domain, struct err *why)
{
	const char *mode = json_text(record, "orderMode", "");
	const char *where = endpoint_of(switches, mode)->text;

	if (!strcmp(mode, "EMAIL"))
		return check_mail(where, domain, why);
	if (!strcmp(mode, "CNAME") || !strcmp(mode, "TXT"))
		return dcv_dns_check(where, mode, json_text(record, "host", ""),
			json_text(record, "point", ""), why);
	return dcv_http_check(where, json_text(record, "url", ""),
		json_text(record, "firstLine", ""), json_text(record, "secondLine", ""), why);
}
