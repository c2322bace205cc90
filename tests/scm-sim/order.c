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
};

typedef bool applier(struct order *order, const cJSON *event, int64_t time);

static void order_free(struct order *order)
{
	cJSON_Delete(order->accepted);
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

static bool apply_rejected(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	(void)time;
	order->state = ORDER_REJECTED;
	return true;
}

static bool apply_invalid(struct order *order, const cJSON *event, int64_t time)
{
	(void)event;
	(void)time;
	order->state = ORDER_INVALID;
	return true;
}

static bool apply_issued(struct order *order, const cJSON *event, int64_t time)
{
	const X509 *leaf;

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
	order->state = ORDER_REVOKED;
	order->revoked_at = time;
	order->reason_code = json_int(event, "reasonCode", 0);
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
};

static void add_order(struct orders *orders, const cJSON *event, int64_t time)
{
	struct order *order = mem_new(1, sizeof(*order));

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

	if (!clock_parse(&time, json_text(event, "time", "")))
		return err_set(err, "ledger: event of order %lld without a time", (long long)id);
	if (!strcmp(kind, "accepted") && id == orders_next_id(orders)) {
		add_order(orders, event, time);
		return true;
	}
	for (size_t i = 0; order && i < sizeof(appliers) / sizeof(appliers[0]); i++)
		if (!strcmp(appliers[i].event, kind) && appliers[i].apply(order, event, time))
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
