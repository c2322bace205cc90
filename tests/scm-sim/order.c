#include "order.h"

#include "clock.h"
#include "file.h"
#include "hex.h"
#include "json.h"
#include "ledger.h"
#include "order_event.h"

#include <string.h>

#define FIRST_ID 1001

struct orders {
	struct ledger *ledger;
	struct order **list; /* owned; order N has id FIRST_ID + N */
	size_t count;
	int64_t locations; /* ever made */
};

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
	if (!strcmp(kind, "imported") && id == orders_next_id(orders)) {
		add_order(orders, event, time);
		return order_apply(orders_at(orders, orders->count - 1), "issued", event, time) ||
		       err_set(err, "ledger: import %lld has no certificate", (long long)id);
	}
	if (order && order_apply(order, kind, event, time)) {
		if (json_int(event, "locationId", 0) > orders->locations)
			orders->locations = json_int(event, "locationId", 0);
		return true;
	}
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
		if (orders->list[i]->serial && orders->list[i]->state != ORDER_DELETED &&
			!strcmp(orders->list[i]->serial, serial))
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
	case ORDER_DELETED:
		break;
	}
	return "Invalid";
}
