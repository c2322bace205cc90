/*
 * The list of orders, and what it can be filtered by.
 */
#include "handlers.h"
#include "hex.h"
#include "json.h"
#include "ssl_view.h"
#include "word.h"

#include <string.h>
#include <strings.h>

static bool same_text(const struct call *call, const char *value, const char *wanted)
{
	if (call->sim->switches->substring)
		return strcasestr(value, wanted) != NULL;
	return !strcasecmp(value, wanted);
}

static bool match_status(const struct call *call, const struct order *order, const char *wanted)
{
	return !strcasecmp(call_status(call, order), wanted);
}

static bool match_serial(const struct call *call, const struct order *order, const char *wanted)
{
	AUTO(text) char *normal = serial_normal(wanted);

	(void)call;
	return normal && order->serial && !strcmp(normal, order->serial);
}

static bool match_san(const struct call *call, const struct order *order, const char *wanted)
{
	const cJSON *sans = cJSON_GetObjectItemCaseSensitive(order->accepted, "sans");
	const cJSON *name;

	for (name = json_first(sans); name; name = name->next)
		if (cJSON_IsString(name) && same_text(call, name->valuestring, wanted))
			return true;
	return false;
}

/* Whether member PATH (with / in between) of the details of ORDER, or an item of it, is WANTED. */
static bool match_details(
	const struct call *call, const struct order *order, const char *path, const char *wanted)
{
	AUTO(json) cJSON *view = ssl_view(call, order);
	AUTO(text) char *words = mem_text(path);
	const cJSON *item = view;
	char *rest = words;

	while (rest)
		item = cJSON_GetObjectItemCaseSensitive(item, strsep(&rest, "/"));
	if (!cJSON_IsArray(item))
		return cJSON_IsString(item) && (word_same(item->valuestring, wanted) ||
						       same_text(call, item->valuestring, wanted));
	for (item = json_first(item); item; item = item->next)
		if (cJSON_IsString(item) && word_same(item->valuestring, wanted))
			return true;
	return false;
}

/* Orders come by REST and are deployed nowhere. */
static bool match_via(const struct call *call, const struct order *order, const char *wanted)
{
	(void)call;
	(void)order;
	return word_same(wanted, "REST") || word_same(wanted, "REST API");
}

static bool match_discovery(const struct call *call, const struct order *order, const char *wanted)
{
	(void)call;
	(void)order;
	return word_same(wanted, "NotDeployed");
}

/* A filter compares what was ordered with the member, or asks the function; a / is for details. */
static const struct {
	const char *parameter, *member;
	bool (*matches)(const struct call *call, const struct order *order, const char *wanted);
} filters[] = {
	{ "commonName", "commonName", NULL },
	{ "subjectAlternativeName", NULL, match_san },
	{ "status", NULL, match_status },
	{ "sslTypeId", "profile", NULL },
	{ "orgId", "orgId", NULL },
	{ "serialNumber", NULL, match_serial },
	{ "requester", "login", NULL },
	{ "externalRequester", "externalRequester", NULL },
	{ "keyAlgorithm", "keyAlgorithm", NULL },
	{ "keySize", "keySize", NULL },
	{ "keyParam", "keyParam", NULL },
	{ "requestedVia", NULL, match_via },
	{ "discoveryStatus", NULL, match_discovery },
	{ "vendor", "/vendor", NULL },
	{ "signatureAlgorithm", "/signatureAlg", NULL },
	{ "keyUsage", "/keyUsages", NULL },
	{ "extendedKeyUsage", "/extendedKeyUsages", NULL },
	{ "issuer", "/certificateDetails/issuer", NULL },
	{ "md5Hash", "/certificateDetails/md5Hash", NULL },
	{ "sha1Hash", "/certificateDetails/sha1Hash", NULL },
	{ "sha256Hash", "/certificateDetails/sha256Hash", NULL },
	{ "installStatus", "/autoInstallDetails/state", NULL },
	{ "renewalStatus", "/autoRenewDetails/state", NULL },
};

static bool match_member(
	const struct call *call, const struct order *order, const char *member, const char *wanted)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(order->accepted, member);

	if (*member == '/')
		return match_details(call, order, member + 1, wanted);
	if (cJSON_IsNumber(item))
		return (double)strtoll(wanted, NULL, 10) == item->valuedouble;
	return cJSON_IsString(item) && same_text(call, item->valuestring, wanted);
}

static bool wanted(const struct call *call, const struct order *order)
{
	if (!call_may_see(call, order) ||
		call->now < order->accepted_at + call->sim->switches->visible_ms)
		return false;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		const char *text = request_query(call->request, filters[i].parameter);

		if (!text || !*text)
			continue;
		if (!(filters[i].matches ? filters[i].matches(call, order, text)
					 : match_member(call, order, filters[i].member, text)))
			return false;
	}
	return true;
}

static cJSON *list_entry(const struct order *order)
{
	const cJSON *sans = cJSON_GetObjectItemCaseSensitive(order->accepted, "sans");
	cJSON *entry = cJSON_CreateObject();

	cJSON_AddNumberToObject(entry, "sslId", (double)order->id);
	json_copy(entry, order->accepted, "commonName");
	if (cJSON_GetArraySize(sans) > 0)
		cJSON_AddItemToObject(
			entry, "subjectAlternativeNames", cJSON_Duplicate(sans, true));
	if (order->serial) {
		AUTO(text) char *serial = serial_colons(order->serial);

		cJSON_AddStringToObject(entry, "serialNumber", serial);
	}
	return entry;
}

void ssl_list(struct call *call)
{
	struct page page;

	if (!page_open(&page, call))
		return;
	for (size_t i = 0; i < orders_count(call->sim->orders); i++) {
		const struct order *order = orders_at(call->sim->orders, i);

		if (wanted(call, order) && page_wants(&page))
			cJSON_AddItemToArray(page.entries, list_entry(order));
	}
	page_send(&page, call);
}
