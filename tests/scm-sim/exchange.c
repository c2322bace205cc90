#include "exchange.h"

#include "attempts.h"
#include "auth.h"
#include "clock.h"
#include "dcv_state.h"
#include "fault_reply.h"
#include "issue.h"
#include "json.h"
#include "route.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where a request goes. */
struct target {
	const char *path; /* without /private; NULL: not of the API */
	bool by_certificate;
	const struct route *route;
	struct route_values values;
};

/* Whether PATH is where anything is. */
static bool served(const char *path)
{
	static const char *const roots[] = { "/api/", "/auth/", "/customer/", "/download" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (!strncmp(path, roots[i], strlen(roots[i])))
			return true;
	return false;
}

static void find_target(struct target *target, const struct request *request)
{
	const char *path = request->path;

	*target = (struct target) { 0 };
	if (!strncmp(path, "/private/api/", 13)) {
		target->by_certificate = true;
		path += 8;
	}
	if (!served(path))
		return;
	target->path = path;
	target->route = route_find(&target->values, request->method, target->path);
}

/* Says on stderr and in the answer what is wrong with the simulator itself. */
static void reply_broken(struct reply *reply, const struct err *err)
{
	cJSON *body = cJSON_CreateObject();

	fprintf(stderr, "scm-sim: %s\n", err->text);
	cJSON_AddNumberToObject(body, "code", -1);
	cJSON_AddStringToObject(body, "description", err->text);
	reply_json(reply, 500, body);
}

/* Reads changed files and takes the faults that strike; WAIT_MS is the delay before the work. */
static bool prepare(struct exchange *exchange, int64_t *wait_ms, struct sim *sim)
{
	const struct fault *delay;
	struct err err;

	if (!sim_refresh(sim, &err)) {
		reply_broken(&exchange->reply, &err);
		return false;
	}
	sim_take_faults(&exchange->faults, sim, exchange->op);
	delay = fault_find(&exchange->faults, FAULT_DELAY);
	*wait_ms = sim->switches->delay_ms + (delay ? delay->number : 0);
	return true;
}

/* Parses the body that ROUTE wants. False: the reply refuses it. */
static bool read_body(struct call *call, const struct route *route)
{
	const char *type = request_header(call->request, "Content-Type");
	static const char json[] = "application/json";

	if (route->body == NO_BODY || (route->body == OPTIONAL_BODY && !call->request->length))
		return true;
	if (call->request->too_long)
		return reply_error(call->reply, 413, -1002, NULL);
	if (route->body == RAW_BODY)
		return true;
	if (!type || strncasecmp(type, json, strlen(json)) || !strchr("; \t", type[strlen(json)]))
		return reply_unparsable(call->reply);
	call->body =
		json_parse(call->request->body ? call->request->body : "", call->request->length);
	return (route->body == LIST_BODY ? cJSON_IsArray(call->body)
					 : cJSON_IsObject(call->body)) ||
	       reply_unparsable(call->reply);
}

static void reply_no_route(struct reply *reply, const struct target *target)
{
	reply_error(reply, target->values.other_method ? 405 : 404, -1, NULL);
}

/* Whether the caller (NULL: nobody) may come to TARGET; everyone known may look where nothing is.
 */
static bool admitted(const struct target *target, const cJSON *caller)
{
	if (!target->route)
		return caller || strncmp(target->path, "/api/", 5) != 0;
	if (target->route->caller == BY_ANYONE)
		return true;
	return caller && account_is_rest(caller) == (target->route->caller == BY_REST_ACCOUNT);
}

static void handle(struct exchange *exchange, struct sim *sim, const struct request *request,
	struct target *target)
{
	struct call call = { .sim = sim,
		.request = request,
		.faults = &exchange->faults,
		.id = target->values.id,
		.sub_id = target->values.sub_id,
		.text = target->values.text,
		.reply = &exchange->reply };
	struct err err;

	if (!target->path) {
		reply_no_route(call.reply, target);
		return;
	}
	if (!issue_due(sim, clock_now(), &err) || !dcv_state_due(sim, clock_now(), &err)) {
		reply_broken(call.reply, &err);
		return;
	}
	/* Taken now, so that nothing that was just issued lies in the future. */
	call.now = clock_now();
	call.login = auth_caller(sim, request, target->by_certificate, call.now);
	if (!attempts_count(sim, request, call.login, &err))
		reply_broken(call.reply, &err);
	else if (!admitted(target, call.login))
		auth_refuse(call.reply, request, call.login);
	else if (!target->route)
		reply_no_route(call.reply, target);
	else if (read_body(&call, target->route))
		target->route->handle(&call);
	cJSON_Delete(call.body);
}

void exchange_run(struct exchange *exchange, struct sim *sim, const struct request *request)
{
	struct target target;
	int64_t wait_ms = 0;
	bool ready;

	find_target(&target, request);
	exchange->op = target.route ? target.route->op : OP_OTHER;
	pthread_mutex_lock(&sim->lock);
	ready = prepare(exchange, &wait_ms, sim);
	pthread_mutex_unlock(&sim->lock);
	if (ready && wait_ms)
		ready = sim_wait(sim, wait_ms);
	if (ready && !fault_find(&exchange->faults, FAULT_RESET) &&
		!fault_find(&exchange->faults, FAULT_CLOSE) &&
		!fault_reply_instead(&exchange->reply, &exchange->faults)) {
		pthread_mutex_lock(&sim->lock);
		handle(exchange, sim, request, &target);
		pthread_mutex_unlock(&sim->lock);
	}
	if (exchange->reply.status)
		fault_reply_spoil(&exchange->reply, &exchange->faults);
	else
		reply_error(&exchange->reply, 503, -2, NULL);
	free(target.values.text);
}

void exchange_clear(struct exchange *exchange)
{
	fault_free(&exchange->faults);
	reply_clear(&exchange->reply);
}
