#include "order_event.h"

#include "clock.h"
#include "hex.h"
#include "json.h"

#include <string.h>

static X509 *parse_certificate(const char *base64)
{
	AUTO(octets) unsigned char *der = NULL;
	const unsigned char *p;
	size_t length;

	if (!base64_parse(&der, &length, base64, strlen(base64)))
		return NULL;
	p = der;
	return d2i_X509(NULL, &p, (long)length);
}

static bool parse_chain(cert_stack **out, const cJSON *list)
{
	AUTO(certs) cert_stack *chain = sk_X509_new_null();
	const cJSON *item;

	for (item = json_first(list); item; item = item->next) {
		X509 *cert = cJSON_IsString(item) ? parse_certificate(item->valuestring) : NULL;

		if (!cert || !sk_X509_push(chain, cert))
			return false;
	}
	if (sk_X509_num(chain) == 0)
		return false;
	*out = TAKE(chain);
	return true;
}

static int64_t asn1_millis(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) ? (int64_t)timegm(&tm) * 1000 : 0;
}

/* Puts the members of EVENT in the place of those of ACCEPTED. */
static void merge(cJSON *accepted, const cJSON *event)
{
	static const char own[] = " event time sslId login reason ";
	const cJSON *member;

	for (member = json_first(event); member; member = member->next) {
		AUTO(text) char *word = mem_format(" %s ", member->string);

		if (strstr(own, word))
			continue;
		cJSON_DeleteItemFromObjectCaseSensitive(accepted, member->string);
		json_copy(accepted, event, member->string);
	}
}

static void drop_pending(struct order *order)
{
	cJSON_Delete(TAKE(order->pending));
}

static bool apply_approved(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	order->state = ORDER_APPLIED;
	order->approved_at = time;
	return true;
}

static bool apply_declined(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	order->state = ORDER_DECLINED;
	order->declined_at = time;
	return true;
}

/* The CA's refusal of a replacement leaves the certificate as it is. */
static bool fail(struct order *order, enum order_state state)
{
	if (order->pending)
		drop_pending(order);
	else
		order->state = state;
	return true;
}

static bool apply_rejected(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	(void)time;
	return fail(order, ORDER_REJECTED);
}

static bool apply_invalid(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	(void)time;
	return fail(order, ORDER_INVALID);
}

/* A replacement's certificate takes the place of the one before. */
static void settle_pending(struct order *order)
{
	merge(order->accepted, order->pending);
	drop_pending(order);
	certs_free(TAKE(order->chain));
	free(TAKE(order->serial));
}

static bool apply_issued(struct order *order, const cJSON *event, int64_t time)
{
	const X509 *leaf;

	if (order->pending)
		settle_pending(order);
	if (order->chain ||
		!parse_chain(&order->chain, cJSON_GetObjectItemCaseSensitive(event, "chain")))
		return false;
	leaf = sk_X509_value(order->chain, 0);
	order->state = ORDER_ISSUED;
	order->issued_at = time;
	order->serial = serial_text(X509_get0_serialNumber(leaf));
	order->not_before = asn1_millis(X509_get0_notBefore(leaf));
	order->not_after = asn1_millis(X509_get0_notAfter(leaf));
	return true;
}

static bool apply_revoked(struct order *order, const cJSON *event, int64_t time)
{
	drop_pending(order);
	order->state = ORDER_REVOKED;
	order->revoked_at = time;
	order->reason_code = json_int(event, "reasonCode", 0);
	return true;
}

static bool apply_replacing(struct order *order, const cJSON *event, int64_t time)
{
	drop_pending(order);
	order->pending = cJSON_Duplicate(event, true);
	order->replaced_at = time;
	return true;
}

static bool apply_renewed(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	order->renewed_at = time;
	return true;
}

static bool apply_updated(struct order *order, const cJSON *event, int64_t time)
{
	(void)time;
	merge(order->accepted, event);
	return true;
}

static bool apply_deleted(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	(void)time;
	order->state = ORDER_DELETED;
	return true;
}

/* A location is made, changed (its id is known) or, without details, removed. */
static bool apply_location(struct order *order, const cJSON *event, int64_t time)
{
	const cJSON *details = cJSON_GetObjectItemCaseSensitive(event, "details");
	int64_t id = json_int(event, "locationId", 0);
	cJSON *entry = NULL;

	(void)time;
	if (!order->locations)
		order->locations = cJSON_CreateArray();
	cJSON_ArrayForEach(entry, order->locations) if (json_int(entry, "id", 0) == id) break;
	if (!entry && details) {
		entry = cJSON_CreateObject();
		cJSON_AddNumberToObject(entry, "id", (double)id);
		cJSON_AddItemToArray(order->locations, entry);
	}
	if (!entry)
		return false;
	cJSON_DeleteItemFromObjectCaseSensitive(entry, "details");
	if (details)
		json_copy(entry, event, "details");
	else
		cJSON_Delete(cJSON_DetachItemViaPointer(order->locations, entry));
	return true;
}

typedef bool applier(struct order *order, const cJSON *event, int64_t time);

static const struct {
	const char *event;
	applier *apply;
} appliers[] = {
	{ "approved", apply_approved },
	{ "declined", apply_declined },
	{ "rejected", apply_rejected },
	{ "invalid", apply_invalid },
	{ "issued", apply_issued },
	{ "revoked", apply_revoked },
	{ "replacing", apply_replacing },
	{ "renewed", apply_renewed },
	{ "updated", apply_updated },
	{ "location", apply_location },
	{ "deleted", apply_deleted },
};

bool order_apply(struct order *order, const char *kind, const cJSON *event, int64_t time)
{
	for (size_t i = 0; i < sizeof(appliers) / sizeof(appliers[0]); i++)
		if (!strcmp(appliers[i].event, kind))
			return appliers[i].apply(order, event, time);
	return false;
}
