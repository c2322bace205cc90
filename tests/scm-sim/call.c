#include "call.h"

#include "clock.h"
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIZE_LIMIT 200

const char *call_kind(const struct call *call)
{
	const char *path = call->request->path;

	return strstr(path, "/api/device/")  ? "device"
	       : strstr(path, "/api/smime/") ? "smime"
					     : "ssl";
}

bool call_may_see(const struct call *call, const struct order *order)
{
	if (order->state == ORDER_DELETED ||
		strcmp(json_text(order->accepted, "kind", "ssl"), call_kind(call)) != 0)
		return false;
	return account_may_use(
		call->sim->account, call->login, json_int(order->accepted, "orgId", -1));
}

struct order *call_order(const struct call *call)
{
	struct order *order = orders_find(call->sim->orders, call->id);

	return order && call_may_see(call, order) ? order : NULL;
}

struct order *call_order_to_change(struct call *call)
{
	AUTO(text) char *id = mem_format("%" PRId64, call->id);
	struct order *order = call_order(call);

	if (!order)
		reply_error(call->reply, 400, -124, id);
	return order;
}

const char *call_status(const struct call *call, const struct order *order)
{
	return order->pending ? call->sim->switches->replacing : order_status(order, call->now);
}

bool call_record(struct call *call, cJSON *event)
{
	struct err err;

	cJSON_AddStringToObject(event, "login", call_login(call));
	if (orders_record(call->sim->orders, event, &err))
		return true;
	fprintf(stderr, "scm-sim: %s\n", err.text);
	return reply_error(call->reply, 500, -2, NULL);
}

const char *call_login(const struct call *call)
{
	return json_text(call->login, "login", json_text(call->login, "clientId", ""));
}

char *call_date(const struct call *call, int64_t time, const char *pattern)
{
	const char *wanted = request_query(call->request, "dateFormat");
	char text[CLOCK_TEXT];

	if (wanted && clock_format(text, time, wanted))
		return mem_text(text);
	if (!clock_format(text, time, pattern))
		abort();
	return mem_text(text);
}

static bool parse_parameter(int64_t *out, const struct call *call, const char *name, int64_t limit)
{
	const char *text = request_query(call->request, name);
	char *end;

	if (!text || !*text)
		return true;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno || *end || *out < 0 || *out > limit)
		return reply_invalid(call->reply, name);
	return true;
}

bool page_open(struct page *page, const struct call *call)
{
	*page = (struct page) { .size = call->sim->switches->page_size };
	if (!parse_parameter(&page->size, call, "size", SIZE_LIMIT) ||
		!parse_parameter(&page->position, call, "position", INT32_MAX))
		return false;
	page->entries = cJSON_CreateArray();
	return true;
}

bool page_wants(struct page *page)
{
	int64_t index = page->total++;

	return index >= page->position && index < page->position + page->size;
}

void page_send(struct page *page, const struct call *call)
{
	char total[32];

	snprintf(total, sizeof(total), "%" PRId64, page->total);
	reply_json(call->reply, 200, TAKE(page->entries));
	reply_header(call->reply, "X-Total-Count", total);
}
