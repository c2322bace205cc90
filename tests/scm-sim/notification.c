/*
 * Notifications: the account's list "notifications". None is ever sent.
 */
#include "body.h"
#include "clock.h"
#include "handlers.h"
#include "json.h"
#include "store.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define FIRST_ID 57

static const char *const types[] = { "ClientCertExpiration", "ClientCertRevoked", "SMIMEEnrolledDl",
	"SSLApproved", "SSLAwaitingApproval", "SSLDeclined", "SSLExpiration", "SSLIssuanceFailed",
	"SSLRevoked", "SSLEnrolled", "SSLEnrolledDl", "ArFailed", "DCVExpiration", "DCVValidated",
	"DCVNeeded", "DcvAutoRenewFailed", "DomainAwaitingApproval", "DomainApproved" };

void notification_types(struct call *call)
{
	reply_json(call->reply, 200,
		cJSON_CreateStringArray(types, (int)(sizeof(types) / sizeof(types[0]))));
}

/* Whether query parameter NAME is absent, empty or what ITEM, or an item of that array, is. */
static bool filter(const struct call *call, const char *name, const cJSON *item)
{
	const char *wanted = request_query(call->request, name);

	if (!wanted || !*wanted)
		return true;
	if (cJSON_IsArray(item))
		return json_has_int(item, strtoll(wanted, NULL, 10));
	if (cJSON_IsNumber(item))
		return (int64_t)item->valuedouble == strtoll(wanted, NULL, 10);
	return cJSON_IsString(item) && !strcasecmp(item->valuestring, wanted);
}

static bool wanted(const struct call *call, const cJSON *entry)
{
	const cJSON *organization = cJSON_GetObjectItemCaseSensitive(entry, "orgData");
	const cJSON *additional = cJSON_GetObjectItemCaseSensitive(entry, "additionalData");

	return filter(call, "id", cJSON_GetObjectItemCaseSensitive(entry, "id")) &&
	       filter(call, "description",
		       cJSON_GetObjectItemCaseSensitive(entry, "description")) &&
	       filter(call, "type", cJSON_GetObjectItemCaseSensitive(entry, "type")) &&
	       filter(call, "orgId",
		       cJSON_GetObjectItemCaseSensitive(organization, "orgDelegations")) &&
	       filter(call, "selectedOrgType",
		       cJSON_GetObjectItemCaseSensitive(organization, "selectedOrgType")) &&
	       filter(call, "certTypeId",
		       cJSON_GetObjectItemCaseSensitive(additional, "certTypeId"));
}

void notification_list(struct call *call)
{
	const cJSON *entry;
	struct page page;

	if (!page_open(&page, call))
		return;
	for (entry = json_first(store_list(call, "notifications")); entry; entry = entry->next)
		if (wanted(call, entry) && page_wants(&page))
			cJSON_AddItemToArray(page.entries, cJSON_Duplicate(entry, true));
	page_send(&page, call);
}

static bool known_type(const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i], type))
			return true;
	return false;
}

/* Checks the body's members; one without a type keeps what it has. */
static bool check(const struct call *call)
{
	static const char *const objects[] = { "orgData", "recipientData", "additionalData" };
	const char *type = types[0], *description;
	AUTO(text) char *words = NULL;

	if (!body_text(&type, call, "type") || !body_text(&description, call, "description"))
		return false;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->body, objects[i]);

		if (item && !cJSON_IsObject(item) && !cJSON_IsNull(item))
			return reply_unparsable(call->reply);
	}
	if (known_type(type))
		return true;
	words = mem_format("Unknown notification type: %s", type);
	return reply_text(call->reply, 400, -9, words);
}

static void fill(const struct call *call, cJSON *entry, const char *when, const char *who)
{
	static const char *const copied[] = { "description", "active", "type", "orgData",
		"recipientData", "additionalData", NULL };
	char stamp[CLOCK_TEXT];

	clock_stamp(stamp, call->now);
	store_copy(entry, call->body, copied);
	store_put(entry, when, cJSON_CreateString(stamp));
	store_put(entry, who, cJSON_CreateString(call_login(call)));
}

void notification_create(struct call *call)
{
	static const char *const required[] = { "description", "type", "orgData", "recipientData" };
	cJSON *list = store_list(call, "notifications"), *entry;
	int64_t id = store_next_id(list, FIRST_ID);

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (cJSON_HasObjectItem(call->body, required[i]))
			continue;
		reply_missing(call->reply, required[i]);
		return;
	}
	if (!check(call))
		return;
	entry = cJSON_CreateObject();
	cJSON_AddNumberToObject(entry, "id", (double)id);
	fill(call, entry, "created", "createdBy");
	fill(call, entry, "modified", "modifiedBy");
	cJSON_AddItemToArray(list, entry);
	store_created(call, "/api/notification/v1/%" PRId64, id);
}

/* The notification of the path. NULL: the reply says that there is none. */
static cJSON *find(const struct call *call)
{
	cJSON *entry = store_find(call, "notifications", call->id);

	if (!entry)
		reply_error(call->reply, 404, -1, NULL);
	return entry;
}

void notification_change(struct call *call)
{
	cJSON *entry = find(call);

	if (!entry || !check(call))
		return;
	fill(call, entry, "modified", "modifiedBy");
	if (store_save(call))
		reply_json(call->reply, 200, cJSON_Duplicate(entry, true));
}

void notification_delete(struct call *call)
{
	cJSON *entry = find(call);

	if (!entry)
		return;
	cJSON_Delete(cJSON_DetachItemViaPointer(store_list(call, "notifications"), entry));
	store_done(call, 200);
}
