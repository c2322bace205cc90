#include "order.h"

#include "clock.h"
#include "file.h"
#include "hex.h"
#include "json.h"
#include "ledger.h"

#include <string.h>

#define FIRST_ID 1001

struct orders {
	struct ledger *ledger;
	struct order **list; /* owned; order N has id FIRST_ID + N */
	size_t count;
	int64_t locations; /* ever made */
};

typedef bool applier(struct orders *orders, struct order *order, const cJSON *event, int64_t time);

static void order_free(struct order *order)
{
	cJSON_Delete(order->accepted);
	cJSON_Delete(order->pending);
	cJSON_Delete(order->locations);
	certs_free(order->chain);
	free(order->serial);
	free(order);
}

void orders_free(struct orders *orders)
{
	if (!orders)
		return;
	for (size_t i = 0; i < orders->count; i++)
		order_free(orders->list[i]);
	free(orders->list);
	ledger_close(orders->ledger);
	free(orders);
}

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

static bool apply_approved(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
	(void)event;
	order->state = ORDER_APPLIED;
	order->approved_at = time;
	return true;
}

static bool apply_declined(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
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

static bool apply_rejected(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
	(void)event;
	(void)time;
	return fail(order, ORDER_REJECTED);
}

static bool apply_invalid(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
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

static bool apply_issued(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	const X509 *leaf;

	(void)orders;
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

static bool apply_revoked(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
	drop_pending(order);
	order->state = ORDER_REVOKED;
	order->revoked_at = time;
	order->reason_code = json_int(event, "reasonCode", 0);
	return true;
}

static bool apply_replacing(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
	drop_pending(order);
	order->pending = cJSON_Duplicate(event, true);
	order->replaced_at = time;
	return true;
}

static bool apply_renewed(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
	(void)event;
	order->renewed_at = time;
	return true;
}

static bool apply_updated(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
{
	(void)orders;
	(void)time;
	merge(order->accepted, event);
	return true;
}

/* A location is made, changed (its id is known) or, without details, removed. */
static bool apply_location(
	struct orders *orders, struct order *order, const cJSON *event, int64_t time)
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
	if (id > orders->locations)
		orders->locations = id;
	if (!entry)
		return false;
	cJSON_DeleteItemFromObjectCaseSensitive(entry, "details");
	if (details)
		json_copy(entry, event, "details");
	else
		cJSON_Delete(cJSON_DetachItemViaPointer(order->locations, entry));
	return true;
}

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
};

static void add_order(struct orders *orders, const cJSON *event, int64_t time)
{
	struct order *order = mem_new(1, sizeof(*order));
	struct order *renewed = orders_find(orders, json_int(event, "renews", 0));

	if (renewed)
		renewed->renewed_at = time;
	order->id = orders_next_id(orders);
	order->accepted = cJSON_Duplicate(event, true);
	order->accepted_at = time;
	order->state = json_bool(event, "approval", false) ? ORDER_REQUESTED : ORDER_APPLIED;
	order->approved_at = order->state == ORDER_APPLIED ? time : 0;
	orders->list = mem_grow(orders->list, orders->count + 1, sizeof(struct order *));
	orders->list[orders->count++] = order;
}

static bool apply(void *context, const cJSON *event, struct err *err)
{
	struct orders *orders = context;
	const char *kind = json_text(event, "event", "");
	int64_t id = json_int(event, "sslId", 0);
	struct order *order = orders_find(orders, id);
	int64_t time;

	if (!cJSON_HasObjectItem(event, "sslId"))
		return true;
	if (!clock_parse(&time, json_text(event, "time", "")))
		return err_set(err, "ledger: event of order %lld without a time", (long long)id);
	if (!strcmp(kind, "accepted") && id == orders_next_id(orders)) {
		add_order(orders, event, time);
		return true;
	}
	for (size_t i = 0; order && i < sizeof(appliers) / sizeof(appliers[0]); i++)
		if (!strcmp(appliers[i].event, kind) &&
			appliers[i].apply(orders, order, event, time))
			return true;
	return err_set(err, "ledger: event '%s' does not fit order %lld", kind, (long long)id);
}

bool orders_open(struct orders **out, const char *dir, struct err *err)
{
	AUTO(text) char *path = file_path(dir, "ledger.jsonl");
	struct orders *orders = mem_new(1, sizeof(*orders));

	if (!ledger_open(&orders->ledger, path, apply, orders, err)) {
		orders_free(orders);
		return false;
	}
	*out = orders;
	return true;
}

cJSON *order_event(const char *kind, int64_t id)
{
	cJSON *event = cJSON_CreateObject();
	char stamp[CLOCK_TEXT];

	clock_stamp(stamp, clock_now());
	cJSON_AddStringToObject(event, "event", kind);
	cJSON_AddStringToObject(event, "time", stamp);
	cJSON_AddNumberToObject(event, "sslId", (double)id);
	return event;
}

bool orders_note(struct orders *orders, cJSON *event, struct err *err)
{
	AUTO(json) cJSON *owned = event;
	char stamp[CLOCK_TEXT];

	clock_stamp(stamp, clock_now());
	cJSON_AddStringToObject(owned, "time", stamp);
	return ledger_append(orders->ledger, owned, err);
}

bool orders_record(struct orders *orders, cJSON *event, struct err *err)
{
	AUTO(json) cJSON *owned = event;

	return ledger_append(orders->ledger, owned, err) && apply(orders, owned, err);
}

int64_t orders_next_id(const struct orders *orders)
{
	return FIRST_ID + (int64_t)orders->count;
}

size_t orders_count(const struct orders *orders)
{
	return orders->count;
}

struct order *orders_at(const struct orders *orders, size_t index)
{
	return orders->list[index];
}

struct order *orders_find(const struct orders *orders, int64_t id)
{
	if (id < FIRST_ID || id >= orders_next_id(orders))
		return NULL;
	return orders->list[id - FIRST_ID];
}

struct order *orders_by_serial(const struct orders *orders, const char *serial)
{
	for (size_t i = 0; i < orders->count; i++)
		if (orders->list[i]->serial && !strcmp(orders->list[i]->serial, serial))
			return orders->list[i];
	return NULL;
}

static struct order *by_member(const struct orders *orders, const char *member, const char *text)
{
	for (size_t i = 0; i < orders->count; i++) {
		const char *value = json_text(orders->list[i]->accepted, member, NULL);

		if (value && !strcmp(value, text))
			return orders->list[i];
	}
	return NULL;
}

struct order *orders_by_renew_id(const struct orders *orders, const char *renew_id)
{
	return by_member(orders, "renewId", renew_id);
}

struct order *orders_by_cert_id(const struct orders *orders, const char *cert_id)
{
	return by_member(orders, "certId", cert_id);
}

int64_t orders_next_location(const struct orders *orders)
{
	return orders->locations + 1;
}

const cJSON *order_wanted(const struct order *order)
{
	return order->pending ? order->pending : order->accepted;
}

const char *order_status(const struct order *order, int64_t now)
{
	switch (order->state) {
	case ORDER_REQUESTED:
		return "Requested";
	case ORDER_APPLIED:
		return "Applied";
	case ORDER_ISSUED:
		return order->not_after < now ? "Expired" : "Issued";
	case ORDER_REVOKED:
		return "Revoked";
	case ORDER_DECLINED:
		return "Declined";
	case ORDER_REJECTED:
		return "Rejected";
	case ORDER_INVALID:
		break;
	}
	return "Invalid";
}
